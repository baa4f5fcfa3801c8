-- A stay begins on a day, and may end on one.
select cast(a.since as date) as day, a.status, a.place, 1 as machines from {stays} a
union all
select cast(a.until as date), a.status, a.place, -1 from {stays} a where a.until is not null
