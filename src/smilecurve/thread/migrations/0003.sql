-- a batch of numbered events as one block: its columns packed as Arrow; positions rise by one from event to event
create table block (first_pos integer primary key, last_pos integer not null, body blob not null);

-- which numbers of a source lie in blocks: runs without a gap, none of which meet
create table block_run (source text not null, hi integer not null, lo integer not null, first_pos integer not null,
  primary key (source, hi));
