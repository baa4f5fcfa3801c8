-- One row a machine: its state as of the last seal, and afresh where something happened since.
select b.* from unit_base b where not exists (select 1 from touched t where t.machine = b.machine)
union all
select n.* from unit_fresh n
