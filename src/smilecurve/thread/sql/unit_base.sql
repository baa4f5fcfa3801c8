-- States as of the last seal; kept until the next one.
select s.* from state_before s
