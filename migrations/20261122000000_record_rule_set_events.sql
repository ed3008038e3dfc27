-- A rule set can stand on record without ever having judged: proposed to a second person, or as a candidate in shadow.
alter table rule_sets alter column in_force_at drop not null;

-- What became of each rule set, by whom and why. Append-only.
create table rule_set_events (
    id      bigint generated always as identity,
    hash    bytea       not null,
    event   text        not null,
    at      timestamptz not null,
    actor   text        not null,
    because text,
    constraint rule_set_events_pkey primary key (id),
    constraint rule_set_events_rule_set foreign key (hash) references rule_sets (hash),
    constraint rule_set_events_event_word check (event in ('in-force', 'shadow', 'proposed', 'approved')),
    constraint rule_set_events_because_told check (because is null or because <> '')
);
create index rule_set_events_of_set on rule_set_events (hash, id);
insert into rule_set_events (hash, event, at, actor)
select hash, 'in-force', in_force_at, loaded_by from rule_sets order by in_force_at, loaded_at;
create trigger rule_set_events_append_only before update or delete on rule_set_events
    for each row execute function refuse_change();
create trigger rule_set_events_no_truncate before truncate on rule_set_events
    for each statement execute function refuse_change();

-- The rejection codes that Telnyx offered for an order of ours, so that a cause it never offers can be told.
create table rejection_codes_offered (
    account          text        not null,
    code             bigint      not null,
    description      text        not null,
    first_offered_at timestamptz not null,
    last_offered_at  timestamptz not null,
    constraint rejection_codes_offered_pkey primary key (account, code)
);
