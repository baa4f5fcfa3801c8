-- What follows from one chunk of events. Reads `chunk` and, of all chunks before, unit_before, lot_at_before, slot_before,
-- config_before, and `known`: how many units, lots and slots there were. Ids are given in the order of first use.
create or replace temp table machine_here as
select c.machine, min(c.pos) as first_pos from chunk c where c.machine is not null group by c.machine;

create or replace temp table unit_known as
select b.unit, b.machine from unit_before b where b.machine in (select m.machine from machine_here m);

create or replace temp table new_unit as
select cast((select k.units from known k) - 1 + row_number() over (order by n.first_pos, n.machine) as integer) as unit, n.machine
from machine_here n
where not exists (select 1 from unit_known b where b.machine = n.machine);

create or replace temp table unit_here as
select n.unit, n.machine from new_unit n union all select b.unit, b.machine from unit_known b;

create or replace temp table piece as
select p.pos, p.machine, case when p.machine is null then p.whole end as whole, p.since,
       coalesce(p.c.component, p.c.part) as component, p.c.part as part, p.c.lot as lot
from (select c.pos, c.machine, c.lot as whole, c.event_time as since, unnest(c.components) as c
      from chunk c where c.kind = 'assembling' and c.components is not null and (c.machine is not null or c.lot is not null)) p;

create or replace temp table code_here as
select u.code, min(u.pos) as first_pos
from (select p.lot as code, p.pos from piece p
      union all select p.whole, p.pos from piece p where p.whole is not null
      union all select c.lot, c.pos from chunk c where c.lot is not null) u
group by u.code;

create or replace temp table lot_known as
select b.lot, b.code from lot_at_before b where b.code in (select c.code from code_here c);

create or replace temp table new_lot as
select cast((select k.lots from known k) - 1 + row_number() over (order by n.first_pos, n.code) as integer) as lot, n.code
from code_here n
where not exists (select 1 from lot_known b where b.code = n.code);

create or replace temp table lot_here as
select lot, code from lot_known union all select lot, code from new_lot;

create or replace temp table new_twin as
select u.unit, l.lot
from new_unit u
join (select b.lot, b.code from lot_at_before b where b.code in (select n.machine from new_unit n)
      union all
      select n.lot, n.code from new_lot n) l on l.code = u.machine
union
select u.unit, l.lot
from new_lot l
join (select b.unit, b.machine from unit_before b where b.machine in (select n.code from new_lot n)) u on u.machine = l.code;

create or replace temp table new_swap as
select u.unit, c.event_time as since, c.pos, c.kind, c.component, c.part, c.lot,
       case when c.kind = 'replacing' then c.details ->> 'removed' end as removed
from chunk c join unit_here u on u.machine = c.machine
where c.kind in ('installing', 'replacing', 'removing');

create or replace temp table new_fit as
select distinct l.lot, s.unit from new_swap s join lot_here l on l.code = s.lot where s.kind in ('installing', 'replacing');

create or replace temp table new_failure as
select u.unit, c.event_time as since, c.pos, c.part, c.lot
from chunk c join unit_here u on u.machine = c.machine
where c.kind = 'failure' and c.part is not null;

create or replace temp table new_correction as
select c.pos, c.corrects from chunk c where c.kind = 'error_declaration' and c.corrects is not null;

create or replace temp table new_slot as
select cast((select k.slots from known k) - 1
            + row_number() over (order by n.first_pos, n.component, n.part) as smallint) as slot, n.component, n.part
from (select u.component, u.part, min(u.pos) as first_pos
      from (select p.component, p.part, p.pos from piece p
            union all
            select coalesce(c.component, c.part, c.lot), coalesce(c.part, ''), c.pos from chunk c
            where c.kind in ('installing', 'replacing') and c.lot is not null and c.machine is not null) u
      group by u.component, u.part) n
where not exists (select 1 from slot_before b where b.component = n.component and b.part = n.part);

create or replace temp table slot_here as
select slot, component, part from slot_before union all select slot, component, part from new_slot;

create or replace temp table new_link as
select u.unit, s.slot, l.lot, min(p.since) as since
from piece p
join unit_here u on u.machine = p.machine
join slot_here s on s.component = p.component and s.part = p.part
join lot_here l on l.code = p.lot
group by u.unit, s.slot, l.lot;

create or replace temp table whole_piece as
select p.whole, p.component, p.part, p.lot, min(p.since) as since
from piece p where p.machine is null group by p.whole, p.component, p.part, p.lot;

create or replace temp table new_edge as
select w.lot, s.slot, l.lot as inside, min(p.since) as since
from whole_piece p
join lot_here w on w.code = p.whole
join lot_here l on l.code = p.lot
join slot_here s on s.component = p.component and s.part = p.part
where w.lot <> l.lot
group by w.lot, s.slot, l.lot;

create or replace temp table new_stay as
select u.unit, t.since, t.kind, t.status, t.place, t.market, t.holder,
       lead(t.since) over (partition by u.unit order by t.since, t.pos) as until, t.pos
from (select c.machine, c.pos, c.event_time as since, c.kind,
             case c.kind when 'commissioning' then 'line' when 'storing' then 'stock' when 'shipping' then 'ship'
                         when 'receiving' then case when c.disposition = 'returned' then 'returned' else 'dealer' end
                         when 'retail_selling' then 'customer' when 'lease_out' then 'lease'
                         when 'lease_end' then 'returned' else 'scrap' end as status,
             case when c.kind = 'shipping' then null else c.place end as place, c.market, c.party as holder
      from chunk c
      where c.machine is not null
        and c.kind in ('commissioning', 'storing', 'shipping', 'receiving', 'retail_selling', 'lease_out', 'lease_end', 'decommissioning')) t
join unit_here u on u.machine = t.machine;
