-- One row a machine: its state as of the last seal, and afresh where something happened since.
select s.* from state_before s where not exists (select 1 from touched t where t.machine = s.machine)
union all
select n.* from state_new n
