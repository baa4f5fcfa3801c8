-- States of the machines that something happened to since the last seal.
select n.* from state_new n
