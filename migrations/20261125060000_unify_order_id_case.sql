-- Order ids are UUIDs, and Telnyx may write one UUID in upper and in lower case. They are stored in lower case from now on.

-- An order in upper case that was never read has no history that depends on its id.
create temporary table upper_case on commit drop as
select o.account, o.order_id from orders o
where o.order_id <> lower(o.order_id) and o.order_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    and not exists (select from episodes e where e.account = o.account and e.order_id = o.order_id);
update events e set order_id = lower(e.order_id)
from upper_case u where e.account = u.account and e.order_id = u.order_id;
insert into orders (account, order_id, support_key, status, phone_numbers, spid, carrier_name, inserted_at, first_seen_at,
    decide_by, due_at)
select distinct on (o.account, lower(o.order_id)) o.account, lower(o.order_id), o.support_key, o.status, o.phone_numbers,
    o.spid, o.carrier_name, o.inserted_at, o.first_seen_at, o.decide_by, now()
from orders o join upper_case u on o.account = u.account and o.order_id = u.order_id
order by o.account, lower(o.order_id), o.first_seen_at
on conflict on constraint orders_pkey do nothing;
delete from orders o using upper_case u where o.account = u.account and o.order_id = u.order_id;

-- Decisions are chained by the id as it was written, so an order that has an episode keeps its id. Where there is such
-- an order, what comes for it in lower case is led to it: a second row would let it be decided, and answered, twice.
do $migration$
begin
    if not exists (
        select from orders
        where order_id <> lower(order_id) and order_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    ) then
        return;
    end if;
    create index orders_in_upper_case on orders (account, lower(order_id)) where order_id <> lower(order_id);
    create function use_known_order_id() returns trigger language plpgsql as $body$
    begin
        new.order_id = coalesce(
            (select o.order_id from orders o
             where o.account = new.account and lower(o.order_id) = new.order_id and o.order_id <> lower(o.order_id)),
            new.order_id);
        return new;
    end
    $body$;
    create trigger orders_use_known_id before insert on orders for each row execute function use_known_order_id();
    create trigger events_use_known_id before insert on events for each row execute function use_known_order_id();
end
$migration$;
