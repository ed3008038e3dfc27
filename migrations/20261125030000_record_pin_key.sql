-- Which key the PINs in `numbers` are stored under: a fingerprint of it, never the key. There is no row while no PIN was
-- imported. `proven_at` is null where the key was only assumed to be the right one and no PIN has matched under it yet.
create table pin_keys (
    only_row    boolean     not null default true,
    fingerprint bytea       not null,
    recorded_at timestamptz not null,
    proven_at   timestamptz,
    constraint pin_keys_pkey primary key (only_row),
    constraint pin_keys_one_row check (only_row),
    constraint pin_keys_fingerprint_length check (length(fingerprint) = 32)
);
