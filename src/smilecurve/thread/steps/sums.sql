-- What the machines that changed add to the counts of machines and of first failures, and what they take from them.
create or replace temp view exposure_new as
select x.config, x.model, x.market, x.started, x.ended, cast(sum(x.n) as bigint) as machines
from (select b.config, s.model, s.market, s.started, s.ended, 1 as n
      from state_come s join all_build b on b.unit = s.unit
      union all
      select b.config, s.model, s.market, s.started, s.ended, -1
      from state_left s join build_before b on b.unit = s.unit) x
group by x.config, x.model, x.market, x.started, x.ended
having sum(x.n) <> 0;

create or replace temp view failing_new as
with told as (
  select f.unit, f.part, f.since, f.pos from all_failure f
  where f.unit in (select c.unit from changed c) and f.pos not in (select w.pos from withdrawn w)),
first as (select t.unit, t.part, cast(min(t.since) as date) as failed from told t group by t.unit, t.part),
placed as (select distinct c.config, s.part from all_config c join all_slot s on s.slot = c.slot),
held as (
  select distinct b.unit, p.part
  from first f join all_build b on b.unit = f.unit join placed p on p.config = b.config and p.part = f.part)
select s.unit, f.part, f.failed, s.model, s.market, s.started, s.ended, cast(1 as bigint) as machines
from first f
join held h on h.unit = f.unit and h.part = f.part
join state_come s on s.unit = f.unit
union all
select o.unit, o.part, o.failed, o.model, o.market, o.started, o.ended, -o.machines
from failing_sealed o where o.unit in (select c.unit from changed c);
