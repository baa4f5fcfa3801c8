-- Machines with a part whose alarm is open, by the suspicious lots they hold: any lot of any part at any level, and the
-- line and week they were built in. Failures expected are those of the part's life (family and climate) at each age, sums
-- rounded, so that their order does not tell.
with alarmed as (select distinct i.part from emerging_issues i where i.alarm),
life as (
  select h.part, h.family, h.climate, h.shape, h.scale_months from part_life h join alarmed a on a.part = h.part
  where h.scale_months > 0),
lives as (
  select distinct a.part as failing, f.unit, f.family, f.climate, f.in_service,
         case when x.unit is null then 0 else 1 end as failed,
         greatest(least(coalesce(x.failed, f.until), f.until) - f.started, 1) / 30.4375 as months
  from alarmed a
  join placed p on p.part = a.part
  join built_as b on b.config = p.config
  join fleet f on f.unit = b.unit
  left join first_failure x on x.unit = f.unit and x.part = a.part),
due as (
  select l.failing, l.unit, l.failed, power(l.months / h.scale_months, h.shape) as expected,
         case when l.failed = 1 or not l.in_service then 0.0
              else power((l.months + 12.0) / h.scale_months, h.shape) - power(l.months / h.scale_months, h.shape) end as to_come
  from lives l join life h on h.part = l.failing and h.family = l.family and h.climate = l.climate),
level as (
  select d.failing, round(sum(d.failed) / sum(d.expected), 9) as seen_over_due from due d group by d.failing having sum(d.expected) > 0),
due_now as (
  select d.failing, d.unit, d.failed, d.expected * v.seen_over_due as expected, d.to_come * v.seen_over_due as to_come
  from due d join level v on v.failing = d.failing),
built_week as (
  select u.unit, u.line || ' ' || cast(date '1970-01-05' + cast(floor((u.built - date '1970-01-05') / 7.0) as integer) * 7 as varchar) as code
  from unit u where u.line is not null and u.built is not null),
struck as (
  select d.failing, k.lot from due_now d join link_deep k on k.unit = d.unit
  where d.failed = 1 group by d.failing, k.lot having count(distinct k.unit) >= 3),
member as (
  select s.failing, k.unit, min(p.part) as part, c.code as lot
  from struck s
  join link_deep k on k.lot = s.lot
  join slot p on p.slot = k.slot
  join lot_code c on c.lot = k.lot
  group by s.failing, k.unit, c.code
  union all
  select d.failing, d.unit, 'line' as part, w.code as lot from due_now d join built_week w on w.unit = d.unit),
scored as (
  select m.failing, m.part, m.lot, sum(d.failed) as failures, round(sum(d.expected), 9) as expected
  from member m join due_now d on d.failing = m.failing and d.unit = m.unit
  group by m.failing, m.part, m.lot),
suspicious as (
  select s.failing, s.part, s.lot,
         row_number() over (partition by s.failing
                            order by s.failures * ln(s.failures / s.expected) - s.failures + s.expected desc, s.part, s.lot) as nth
  from scored s
  where s.failures >= 3 and s.expected > 0 and s.failures > 1.5 * s.expected
    and s.failures * ln(s.failures / s.expected) - s.failures + s.expected >= 3.0),
held as (
  select m.failing, m.unit, m.part, m.lot, s.nth
  from member m join suspicious s on s.failing = m.failing and s.part = m.part and s.lot = m.lot where s.nth <= 30),
mixed as (
  select h.failing, h.unit, string_agg(cast(h.nth as varchar), ',' order by h.nth) as mix from held h group by h.failing, h.unit),
weeks as (
  select d.failing, count(distinct w.code) as n from due_now d join built_week w on w.unit = d.unit group by d.failing),
tried as (
  select v.failing, c.lots + coalesce(w.n, 0) as tried
  from level v
  cross join (select count(*) as lots from lot_code) c
  left join weeks w on w.failing = v.failing),
summed as (
  select d.failing, coalesce(m.mix, '') as mix, count(*) as machines, sum(d.failed) as failures, round(sum(d.expected), 9) as expected,
         round(sum(d.to_come), 9) as to_come
  from due_now d left join mixed m on m.failing = d.failing and m.unit = d.unit
  group by d.failing, coalesce(m.mix, ''))
select s.failing, s.mix, coalesce(h.part, '') as part, coalesce(h.lot, '') as lot, q.supplier, s.machines, s.failures, s.expected, s.to_come,
       t.tried
from summed s
join tried t on t.failing = s.failing
left join (select distinct x.failing, m.mix, x.part, x.lot from held x join mixed m on m.failing = x.failing and m.unit = x.unit) h
  on h.failing = s.failing and h.mix = s.mix
left join parts q on q.part = h.part
