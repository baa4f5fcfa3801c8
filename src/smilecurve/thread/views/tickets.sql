select t.ref as ticket, t.machine, coalesce(u.model, 'unknown') as model, coalesce(m.family, 'unknown') as family,
       coalesce(u.market, t.market) as market, u.partner, u.holder, t.code as symptom, t.event_time as opened, c.event_time as closed,
       coalesce(t.quantity, u.hours) as hours, c.code as cause,
       case when c.disposition in ('remote', 'part', 'visit') then c.disposition end as remedy, t.details ->> 'note' as note,
       coalesce(cast(t.details ->> 'latitude' as double precision), k.latitude) as latitude,
       coalesce(cast(t.details ->> 'longitude' as double precision), k.longitude) as longitude
from (select e.ref, e.machine, e.market, e.code, e.event_time, e.quantity, e.details,
             row_number() over (partition by e.ref order by e.event_time, e.pos) as nth
      from event e where e.kind = 'ticket') t
left join (select e.ref, e.event_time, e.code, e.disposition,
                  row_number() over (partition by e.ref order by e.event_time desc, e.pos desc) as nth
           from event e where e.kind = 'ticket_closed') c on c.ref = t.ref and c.nth = 1
left join unit u on u.machine = t.machine
left join models m on m.model = u.model
left join markets k on k.market = coalesce(u.market, t.market)
where t.nth = 1
