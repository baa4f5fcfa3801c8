-- The configurations of each machine in service (one a building event).
select b.unit, b.config from all_build b
