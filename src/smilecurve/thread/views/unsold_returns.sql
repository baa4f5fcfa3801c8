select u.machine, u.model, u.returned, u.rma, u.return_why as why
from unit u
where u.returned is not null and u.started is null
