-- For how many of the last three years machines in service were observed.
select greatest(least(3.0, (max(t.day) - min(f.started)) / 365.25), 1.0 / 12) as years from fleet f cross join today t
