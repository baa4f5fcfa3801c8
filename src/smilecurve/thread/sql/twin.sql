-- Serials that are both a machine and a component of another one.
select t.unit, t.lot from all_twin t
