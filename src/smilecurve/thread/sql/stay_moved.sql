-- Machines whose stays lie in more than one seal, or of which something was taken back: there the end of a stay, as it was
-- sealed, may not be its end as we know it today.
select m.unit from stay_more m
union
select n.unit from withdrawn w join unit_name n on n.machine = w.machine
