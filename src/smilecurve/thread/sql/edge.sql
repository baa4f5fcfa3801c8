-- What sits directly inside a lot, or inside a machine that is itself a component.
select e.lot, e.slot, e.inside from edge_here e
union
select t.lot, k.slot, k.lot as inside from twin t join link k on k.unit = t.unit
union
select t.lot, f.slot, f.lot as inside from twin t join fitted f on f.unit = t.unit where f.until is null
