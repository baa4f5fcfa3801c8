select u.unit, u.machine from all_unit u
