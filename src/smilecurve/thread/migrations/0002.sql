-- which positions each sealed chunk took: kept when chunks are merged, so that everything can be derived again
create table sealed (chunk integer primary key, first_pos integer not null, last_pos integer not null);
insert into sealed (chunk, first_pos, last_pos)
select chunk, min(first_pos), max(last_pos) from segment where tbl = 'event' group by chunk;

-- a file may hold several chunks that were merged: from first_chunk to chunk
alter table segment add column first_chunk integer not null default 0;
update segment set first_chunk = chunk;
