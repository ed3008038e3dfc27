-- What stands here is the record: who asked, what we knew, what was decided, what was sent, what came back.

-- Everything Telnyx sent or listed, once each, with any PIN blanked.
create table events (
    id          bigint generated always as identity,
    account     text        not null,
    source      text        not null,
    dedupe_key  text        not null,
    event_id    text,
    event_type  text,
    order_id    text,
    occurred_at timestamptz,
    received_at timestamptz not null,
    body        bytea       not null,
    digest      bytea       not null,
    parsed      text        not null,
    pin_check   text,
    late        boolean     not null default false,
    constraint events_pkey primary key (id),
    constraint events_once unique (account, dedupe_key),
    constraint events_source_word check (source in ('webhook', 'events-api', 'list')),
    constraint events_parsed_word check (parsed in ('port-out', 'porting-order', 'unknown-type', 'unparsable')),
    constraint events_pin_check_word check (pin_check in ('right', 'none-on-file', 'not-given', 'wrong'))
);
create index events_of_order on events (account, order_id, id) where order_id is not null;

-- The last read state of every port-out, and the queue of those that need a look.
create table orders (
    account            text        not null,
    order_id           text        not null,
    support_key        text,
    status             text,
    phone_numbers      text[]      not null default '{}',
    spid               text,
    carrier_name       text,
    inserted_at        timestamptz,
    foc_date           timestamptz,
    first_seen_at      timestamptz not null,
    body               bytea,
    read_at            timestamptz,
    decide_by          timestamptz,
    due_at             timestamptz,
    failures           integer     not null default 0,
    trouble            text,
    fence              bigint      not null default 0,
    lease_expires_at   timestamptz,
    constraint orders_pkey primary key (account, order_id)
);
create index orders_due on orders (due_at) where due_at is not null;
create index orders_leased on orders (lease_expires_at) where lease_expires_at is not null;
-- Partial: an order that only an event has told of has none of these yet, and intake should not pay for it.
create index orders_by_support_key on orders (support_key) where support_key is not null;
create index orders_by_spid on orders (account, spid, first_seen_at) where spid is not null;
-- fastupdate = off: flushing the pending list once stalled a commit for a second.
create index orders_by_number on orders using gin (phone_numbers) with (fastupdate = off)
    where phone_numbers <> '{}';

-- One stay of an order in `pending`.
create table episodes (
    id              uuid        not null,
    account         text        not null,
    order_id        text        not null,
    number          integer     not null,
    state           text        not null,
    opened_at       timestamptz not null,
    decide_by       timestamptz not null,
    deadline_passed_at timestamptz,
    closed_at       timestamptz,
    ended_as        text,
    decision_id     uuid,
    answer_state    text        not null default 'none',
    sent_target     text,
    attempts        integer     not null default 0,
    reads           integer     not null default 0,
    pending_read_at timestamptz,
    verified_at     timestamptz,
    trouble         text,
    constraint episodes_pkey primary key (id),
    constraint episodes_number_once unique (account, order_id, number),
    constraint episodes_one_target unique (id, sent_target),
    constraint episodes_order foreign key (account, order_id) references orders (account, order_id),
    constraint episodes_number_positive check (number >= 1),
    constraint episodes_state_word
        check (state in ('open', 'held', 'answering', 'answered', 'stuck', 'overtaken')),
    constraint episodes_answer_word
        check (answer_state in ('none', 'waiting', 'sending', 'unknown', 'confirmed', 'refused', 'conflict')),
    constraint episodes_target_word check (sent_target in ('authorized', 'rejected-pending'))
);
create unique index episodes_one_open on episodes (account, order_id) where closed_at is null;
create index episodes_waiting on episodes (decide_by) where closed_at is null;

-- Every rule set that was ever in force, whole: the file and its lists.
create table rule_sets (
    hash       bytea       not null,
    path       text        not null,
    source     text        not null,
    lists      text        not null,
    loaded_at  timestamptz not null,
    loaded_by  text        not null,
    in_force_at timestamptz not null,
    constraint rule_sets_pkey primary key (hash)
);

-- What was decided, by whom, on what grounds. Append-only, each row chained to the one before.
create table decisions (
    seq            bigint generated always as identity,
    id             uuid        not null,
    account        text        not null,
    order_id       text        not null,
    episode        integer     not null,
    action         text        not null,
    decided_by     text        not null,
    person         text,
    rule           text,
    rule_set       bytea,
    cause          text,
    reason         text,
    host_messaging boolean     not null default false,
    mode           text        not null,
    facts          text        not null,
    trace          text        not null,
    supersedes     uuid,
    decided_at     timestamptz not null,
    prev_hash      bytea       not null,
    hash           bytea       not null,
    constraint decisions_pkey primary key (id),
    constraint decisions_seq_once unique (seq),
    constraint decisions_no_fork unique (prev_hash),
    constraint decisions_hash_once unique (hash),
    constraint decisions_episode foreign key (account, order_id, episode)
        references episodes (account, order_id, number),
    constraint decisions_rule_set foreign key (rule_set) references rule_sets (hash),
    constraint decisions_supersedes foreign key (supersedes) references decisions (id),
    constraint decisions_action_word check (action in ('authorize', 'reject', 'hold')),
    constraint decisions_by_word check (decided_by in ('rule', 'person', 'deadline')),
    constraint decisions_person_named check ((decided_by = 'person') = (person is not null)),
    constraint decisions_mode_word check (mode in ('shadow', 'enforce'))
);
create index decisions_of_order on decisions (account, order_id, seq);
create index decisions_by_time on decisions (decided_at desc, seq desc);
create index decisions_by_rule on decisions (rule, decided_at desc) where rule is not null;

alter table episodes
    add constraint episodes_decision foreign key (decision_id) references decisions (id);

-- Every try to send an answer: written before the call, its outcome after.
create table attempts (
    id          uuid        not null,
    episode_id  uuid        not null,
    decision_id uuid        not null,
    number      integer     not null,
    target      text        not null,
    code        bigint,
    reason      text        not null,
    host_messaging boolean  not null,
    started_at  timestamptz not null,
    ended_at    timestamptz,
    outcome     text,
    http_status integer,
    response    bytea,
    error       text,
    constraint attempts_pkey primary key (id),
    constraint attempts_number_once unique (episode_id, number),
    -- INVARIANT: an episode has at most one target, and every attempt carries it.
    constraint attempts_one_target foreign key (episode_id, target) references episodes (id, sent_target),
    constraint attempts_decision foreign key (decision_id) references decisions (id),
    constraint attempts_target_word check (target in ('authorized', 'rejected-pending')),
    constraint attempts_outcome_word check (outcome in
        ('confirmed', 'unknown', 'unsent', 'limited', 'account-trouble', 'not-found', 'refused')),
    constraint attempts_ended_with_outcome check ((ended_at is null) = (outcome is null))
);

-- Our own record of numbers. PINs only as HMAC-SHA-256 under a key that is not in this database.
create table numbers (
    account    text        not null,
    number     text        not null,
    pin_hmac   bytea,
    zip        text,
    name       text,
    address    text,
    frozen     boolean     not null default false,
    tags       text[]      not null default '{}',
    updated_at timestamptz not null,
    constraint numbers_pkey primary key (account, number)
);
create index numbers_changed on numbers (account, updated_at);

-- What people did to the service itself. Append-only and chained like decisions.
create table admin_actions (
    seq       bigint generated always as identity,
    id        uuid        not null,
    at        timestamptz not null,
    actor     text        not null,
    action    text        not null,
    detail    text        not null,
    prev_hash bytea       not null,
    hash      bytea       not null,
    constraint admin_actions_pkey primary key (id),
    constraint admin_actions_seq_once unique (seq),
    constraint admin_actions_no_fork unique (prev_hash),
    constraint admin_actions_hash_once unique (hash)
);

-- Tokens for the admin listener, as SHA-256 of the token.
create table api_tokens (
    id         uuid        not null,
    name       text        not null,
    hash       bytea       not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    constraint api_tokens_pkey primary key (id),
    constraint api_tokens_hash_once unique (hash)
);

-- The last hash of each chain: the one row that writers lock, so that a chain cannot fork.
create table chain_heads (
    chain text  not null,
    hash  bytea not null,
    constraint chain_heads_pkey primary key (chain),
    constraint chain_heads_word check (chain in ('decisions', 'admin-actions'))
);
insert into chain_heads (chain, hash)
values ('decisions', decode(repeat('00', 32), 'hex')), ('admin-actions', decode(repeat('00', 32), 'hex'));

-- How far the events API has been read, per account.
create table poll_cursors (
    account    text        not null,
    events_to  timestamptz not null,
    constraint poll_cursors_pkey primary key (account)
);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % are never changed or removed', tg_table_name using errcode = 'restrict_violation';
end
$$;
create trigger decisions_append_only before update or delete on decisions
    for each row execute function refuse_change();
create trigger admin_actions_append_only before update or delete on admin_actions
    for each row execute function refuse_change();
create trigger decisions_no_truncate before truncate on decisions
    for each statement execute function refuse_change();
create trigger admin_actions_no_truncate before truncate on admin_actions
    for each statement execute function refuse_change();
