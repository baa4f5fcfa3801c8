-- Serials that are both a machine and a component of another one.
select u.unit, l.lot from unit_name u join lot_code l on l.code = u.machine
