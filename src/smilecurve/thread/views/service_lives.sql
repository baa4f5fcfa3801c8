with known as (
  select f.unit, f.family, f.climate, f.market, f.model, f.started, f.until, u.built, s.day as shipped, f.in_service,
         coalesce(u.start_source = 'shipping', false) as guessed
  from fleet f join unit u on u.unit = f.unit left join shipped_on s on s.unit = f.unit),
lane as (
  select k.market, median(k.started - k.shipped) as days
  from known k where not k.guessed and k.shipped is not null and k.started >= k.shipped group by k.market),
clocked as (
  select k.unit, k.family, k.climate, k.market, k.model, k.built, k.guessed, k.until, k.in_service,
         case when k.guessed and k.shipped is not null
              then least(k.shipped + cast(coalesce(l.days, 45) as integer), k.until) else k.started end as began
  from known k left join lane l on l.market = k.market),
steps as (
  select r.unit, cast(r.event_time as date) as day, r.hours,
         lag(r.hours) over (partition by r.unit order by r.event_time, r.pos) as before
  from reading r),
used as (
  select c.unit, c.market, c.model, sum(case when s.hours >= coalesce(s.before, 0) then s.hours - coalesce(s.before, 0) else s.hours end)
         / nullif(max(s.day) - c.began, 0) as hours_day
  from clocked c join steps s on s.unit = c.unit where s.day > c.began and s.hours >= 0
  group by c.unit, c.market, c.model, c.began having max(s.day) - c.began >= 14),
usual as (
  select d.market, d.model, median(d.hours_day) as hours_day from used d where d.hours_day <= 24 group by d.market, d.model),
systems as (
  select p.system from (select distinct coalesce(q.system, '*') as system from parts q where q.spare) p),
term as (
  select t.family, t.market, t.system, t.months, t.hours
  from (select g.family, g.market, s.system, w.months, w.hours,
               row_number() over (partition by g.family, g.market, s.system
                                  order by case when w.market = '*' then 1 else 0 end, case when w.system = '*' then 1 else 0 end) as nth
        from (select distinct c.family, c.market from clocked c) g
        cross join systems s
        join warranty_terms w on w.family = g.family and (w.market = g.market or w.market = '*') and (w.system = s.system or w.system = '*')) t
  where t.nth = 1),
spans as (
  select c.unit, c.family, c.climate, c.began, c.guessed, s.system,
         least(c.until, coalesce(c.began + cast(least(floor(t.months * 30.4375), 36500) as integer), c.until),
               coalesce(c.began + cast(least(floor(t.hours / case when d.hours_day between 0.01 and 24 then d.hours_day else u.hours_day end), 36500) as integer), c.until)) as until
  from clocked c
  cross join systems s
  left join term t on t.family = c.family and t.market = c.market and t.system = s.system
  left join used d on d.unit = c.unit
  left join usual u on u.market = c.market and u.model = c.model),
ends as (
  select p.part, g.family, g.climate, g.guessed, g.age_month, sum(g.n * p.places) as n, sum(g.lived * p.places) as lived
  from (select b.config, s.family, s.climate, s.guessed, s.system, cast(floor((s.until - s.began) / 30.4375) as integer) as age_month, count(*) as n,
               sum((s.until - s.began) / 30.4375 - floor((s.until - s.began) / 30.4375)) as lived
        from spans s join built_as b on b.unit = s.unit
        group by b.config, s.family, s.climate, s.guessed, s.system, cast(floor((s.until - s.began) / 30.4375) as integer)) g
  join placed p on p.config = g.config and p.spare = 1
  join parts q on q.part = p.part and coalesce(q.system, '*') = g.system
  group by p.part, g.family, g.climate, g.guessed, g.age_month),
present as (
  select p.part, g.family, g.climate, g.age_month, sum(g.n * p.places) as n
  from (select b.config, c.family, c.climate, cast(floor((c.until - c.began) / 30.4375) as integer) as age_month, count(*) as n
        from clocked c join built_as b on b.unit = c.unit where c.in_service
        group by b.config, c.family, c.climate, cast(floor((c.until - c.began) / 30.4375) as integer)) g
  join placed p on p.config = g.config and p.spare = 1
  group by p.part, g.family, g.climate, g.age_month),
told as (
  select x.part, f.family, f.climate, count(*) as n
  from first_failure x join fleet f on f.unit = x.unit
  join (select distinct b.unit, p.part from first_failure y join built_as b on b.unit = y.unit
        join placed p on p.config = b.config and p.spare = 1 and p.part = y.part) o on o.unit = x.unit and o.part = x.part
  group by x.part, f.family, f.climate),
struck as (
  select x.unit, x.part, x.day, x.kind
  from (select y.unit, y.part, y.day, y.kind, row_number() over (partition by y.unit, y.part order by y.day, y.kind desc) as nth
        from (select n.unit, e.part, cast(e.event_time as date) as day, e.kind
              from event e join unit_name n on n.machine = e.machine
              where e.part is not null
                and (e.kind = 'campaign_repair'
                     or (e.kind = 'failure' and not exists (
                           select 1 from event t
                           where t.kind = 'no_trouble_found' and t.machine = e.machine and (t.part is null or t.part = e.part)
                             and t.event_time >= e.event_time and t.event_time < e.event_time + interval 30 day)))) y
        join clocked c on c.unit = y.unit
        where y.day >= coalesce(c.built, y.day) and y.day <= c.until) x
  where x.nth = 1),
early as (
  select k.part, s.family, s.climate, s.guessed, k.kind, k.day <= s.began as at_zero,
         cast(floor((s.until - s.began) / 30.4375) as integer) as end_month,
         cast(floor(greatest(k.day - s.began, 0) / 30.4375) as integer) as age_month, count(*) as n,
         sum((s.until - s.began) / 30.4375 - floor((s.until - s.began) / 30.4375)) as to_end,
         sum(greatest(k.day - s.began, 0) / 30.4375 - floor(greatest(k.day - s.began, 0) / 30.4375)) as to_day
  from struck k
  join parts q on q.part = k.part
  join spans s on s.unit = k.unit and s.system = coalesce(q.system, '*') and k.day <= s.until
  join (select distinct b.unit, p.part from struck y join built_as b on b.unit = y.unit
        join placed p on p.config = b.config and p.spare = 1 and p.part = y.part) o on o.unit = k.unit and o.part = k.part
  group by k.part, s.family, s.climate, s.guessed, k.kind, k.day <= s.began,
           cast(floor((s.until - s.began) / 30.4375) as integer), cast(floor(greatest(k.day - s.began, 0) / 30.4375) as integer)),
counted as (
  select c.part, c.family, c.climate, c.age_month, sum(c.failed) as failed, sum(c.censored) as censored, sum(c.zero_hour) as zero_hour,
         sum(c.in_service) as in_service, sum(c.lived) as lived,
         sum(case when c.guessed then c.failed else 0 end) as failed_guessed, sum(case when c.guessed then c.censored else 0 end) as censored_guessed
  from (select e.part, e.family, e.climate, e.guessed, e.age_month, 0 as failed, e.n as censored, 0 as zero_hour, 0 as in_service, e.lived from ends e
        union all
        select f.part, f.family, f.climate, f.guessed, f.end_month, 0, -f.n, 0, 0, -f.to_end from early f
        union all
        select f.part, f.family, f.climate, f.guessed, f.age_month, case when f.kind = 'failure' and not f.at_zero then f.n else 0 end,
               case when f.kind = 'failure' then 0 else f.n end, case when f.kind = 'failure' and f.at_zero then f.n else 0 end, 0,
               case when f.kind = 'failure' then 0 else f.to_day end
        from early f
        union all
        select r.part, r.family, r.climate, false, r.age_month, 0, 0, 0, r.n, 0 from present r) c
  group by c.part, c.family, c.climate, c.age_month),
grid as (
  select g.part, g.family, g.climate, m.age_month
  from (select c.part, c.family, c.climate, max(c.age_month) as last_month from counted c group by c.part, c.family, c.climate) g
  join generate_series(0, 1200) as m(age_month) on m.age_month <= g.last_month)
select g.part, g.family, g.climate, g.age_month,
       sum(coalesce(c.failed, 0) + coalesce(c.censored, 0) + coalesce(c.zero_hour, 0)) over (
         partition by g.part, g.family, g.climate order by g.age_month desc rows between unbounded preceding and current row) as entered,
       coalesce(c.failed, 0) as failed, coalesce(c.censored, 0) as censored, coalesce(c.zero_hour, 0) as zero_hour,
       coalesce(c.failed_guessed, 0) as failed_guessed, coalesce(c.censored_guessed, 0) as censored_guessed,
       coalesce(c.in_service, 0) as in_service,
       case when c.censored > 0 then round(greatest(0.0, least(1.0, c.lived / c.censored)), 9) end as censored_part,
       case when g.age_month = 0 then coalesce(o.n, 0) - coalesce(sum(c.failed + c.zero_hour) over (partition by g.part, g.family, g.climate), 0)
            else 0 end as set_aside
from grid g
left join told o on o.part = g.part and o.family = g.family and o.climate = g.climate
left join counted c on c.part = g.part and c.family = g.family and c.climate = g.climate and c.age_month = g.age_month
