-- Whose state or configuration does a chunk change? `state_left`: as it was; `state_come`: as it is.
create or replace temp view changed as
select t.unit from touched t union select b.unit from new_build b;

create or replace temp view state_left as
select s.unit, s.model, s.market, s.started, s.ended from state_before s where s.unit in (select c.unit from changed c);

create or replace temp view state_come as
select n.unit, n.model, n.market, n.started, n.ended from state_new n
union all
select s.unit, s.model, s.market, s.started, s.ended from state_before s
where s.unit in (select b.unit from new_build b) and s.unit not in (select t.unit from touched t);
