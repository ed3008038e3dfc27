-- One row that the readiness check updates: only a real write shows that the server is not read-only and has room.
create table write_probe (
    only_row boolean not null default true,
    written_at timestamptz not null default now(),
    constraint write_probe_pkey primary key (only_row),
    constraint write_probe_one_row check (only_row)
);

insert into write_probe default values;
