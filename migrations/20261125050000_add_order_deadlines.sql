-- Every known order has a deadline from the moment it is known, and it is recorded once that the deadline has passed.
alter table orders
    -- Whether Telnyx has not said when the order came: it may be older than it seems.
    add column arrival_uncertain  boolean not null default true,
    -- When the deadline was found to have passed and the alarm was raised; null again when the order leaves `pending`.
    add column deadline_passed_at timestamptz,
    -- Since when no read of the order has succeeded.
    add column unread_since       timestamptz;

-- A deadline more than two days after the order was first seen comes from a time that cannot be true.
update orders set
    arrival_uncertain = inserted_at is null
        or inserted_at not between first_seen_at - interval '60 days' and first_seen_at + interval '5 minutes',
    decide_by = case when decide_by <= first_seen_at + interval '48 hours' then decide_by
        else first_seen_at + interval '20 hours' end,
    unread_since = case when trouble is not null then coalesce(read_at, first_seen_at) end;
update episodes set decide_by = opened_at + interval '20 hours'
where closed_at is null and decide_by > opened_at + interval '48 hours';
-- What has raised an alarm before does not raise it again.
update orders o set deadline_passed_at = e.deadline_passed_at
from episodes e
where e.account = o.account and e.order_id = o.order_id and e.closed_at is null and e.deadline_passed_at is not null;

-- The orders that are not known to have left `pending`: never read, pending, or of a status that is not known.
create index orders_not_left on orders (decide_by)
    where status is null
        or status not in ('authorized', 'ported', 'completed', 'rejected', 'rejected-pending', 'canceled');
create index orders_unread on orders (unread_since) where unread_since is not null;
