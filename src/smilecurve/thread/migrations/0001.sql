-- The ledger. Plain enough for SQLite and PostgreSQL (there `integer` is read as `bigint`); times are microseconds UTC.
create table schema (v integer primary key, applied_at text not null);

create table meta (key text primary key, value text not null);

-- position: the next free position; change: rises with every commit; chunk: the last sealed chunk
create table counter (name text primary key, value integer not null);
insert into counter (name, value) values ('position', 1), ('change', 0), ('chunk', 0);

-- the tail: events that are acknowledged and not sealed yet
create table event (
  pos integer primary key, event_id text not null unique, kind text not null, event_time integer not null,
  record_time integer not null, source text not null, seq integer, machine text, part text, component text, lot text,
  place text, market text, party text, ref text, code text, disposition text, quantity double precision,
  amount double precision, currency text, corrects text, details text, components text);

-- the manifest: a file is part of the thread when its row stands here
create table segment (
  id integer primary key, chunk integer not null, tbl text not null, file text not null, rows integer not null,
  bytes integer not null, sha256 text not null, schema_v integer not null, first_pos integer not null,
  last_pos integer not null, lo text, hi text, made_at integer not null, replaced_at integer);
create index segment_of on segment (tbl, chunk);

-- which numbers of a source are sealed: runs without a gap
create table span (chunk integer not null, source text not null, lo integer not null, hi integer not null,
  primary key (chunk, source, lo));

-- versions of given tables
create table given (
  id integer primary key, tbl text not null, version text not null, at integer not null, author text not null,
  rows integer not null, file text not null);
create index given_of on given (tbl, id);

create table decision (
  id text primary key, n integer not null unique, desk text not null, tbl text not null, decided integer not null, status text not null,
  proof text not null, value double precision, against double precision, unit text, gap double precision,
  worth double precision, currency text, rows integer not null, changed_rows integer not null, state text not null,
  author text, title text, basis text not null, file text not null, content text not null, changed_at integer not null);
create index decision_of on decision (tbl, n);
