select cast(b.config as varchar) as config, g.model, g.family, g.market, g.climate, g.channel, g.line, g.built, g.shipped, g.started, g.ended,
       count(*) as machines
from (select f.unit, coalesce(f.model, 'unknown') as model, f.family, f.market, f.climate, coalesce(u.channel, 'unknown') as channel,
             coalesce(u.line, 'unknown') as line, cast(date_trunc('month', u.built) as date) as built,
             cast(date_trunc('month', coalesce(s.day, u.built, f.started)) as date) as shipped,
             date '1970-01-05' + cast(floor((f.started - date '1970-01-05') / 7.0) as integer) * 7 as started,
             case when f.in_service then null
                  else date '1970-01-05' + cast(floor((f.until - date '1970-01-05') / 7.0) as integer) * 7 end as ended
      from fleet f
      join unit u on u.unit = f.unit
      left join shipped_on s on s.unit = f.unit) g
join built_as b on b.unit = g.unit
group by all
