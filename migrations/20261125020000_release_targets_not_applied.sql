-- An attempt that Telnyx certainly did not apply (429, refused, never sent, 401, 404) no longer keeps the other target
-- from being sent: the order, the register or the rules may have changed since, and the old answer must not go out.
-- INVARIANT, kept here and by `Episode`: at most one target per episode is applied or may be applied.
alter table episodes add column target_binds boolean not null default false;
update episodes e set target_binds = true
where exists (
    select from attempts a
    where a.episode_id = e.id and (a.outcome is null or a.outcome in ('confirmed', 'unknown'))
);

alter table attempts drop constraint attempts_one_target;
alter table attempts add column binding_target text generated always as (
    case when outcome in ('unsent', 'limited', 'account-trouble', 'not-found', 'refused') then null else target end
) stored;
alter table attempts add constraint attempts_one_target
    foreign key (episode_id, binding_target) references episodes (id, sent_target);

-- A person's answer is withdrawn by the service when the order has changed since the person saw it.
alter table decisions drop constraint decisions_by_word;
alter table decisions add constraint decisions_by_word
    check (decided_by in ('rule', 'person', 'deadline', 'service'));
