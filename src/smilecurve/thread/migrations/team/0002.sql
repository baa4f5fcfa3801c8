-- What PostgreSQL has beside the tables above: a second lock, below the scope gate. Who reads with plain SQL under the role of a scope
-- sees of the tail no more than the gate would show, and of every other table nothing, whatever was granted by mistake.
create table scope_role (login text primary key, role text not null, code text not null);

-- whose the machines in the tail are, as the gate itself found it last; a machine that is not here is shown to nobody
create table holding (machine text primary key, market text, partner text, holder text);

alter table schema enable row level security;
alter table meta enable row level security;
alter table counter enable row level security;
alter table segment enable row level security;
alter table span enable row level security;
alter table given enable row level security;
alter table decision enable row level security;
alter table sealed enable row level security;
alter table scope_role enable row level security;
alter table holding enable row level security;
alter table event enable row level security;

create policy own on scope_role for select using (login = current_user);
create policy own on holding for select using (exists (
  select 1 from scope_role r
  where r.login = current_user
    and r.code = case r.role when 'dealer' then holding.market when 'partner' then holding.partner
                             when 'customer' then holding.holder end));
create policy own on event for select using (exists (select 1 from holding h where h.machine = event.machine));

-- what may change whose a machine is takes it out again, in the transaction that tells it
create function unsettle() returns trigger language plpgsql as $$
begin
  delete from holding h where h.machine = new.machine or new.corrects is not null;
  return null;
end $$;
create trigger unsettled after insert on event for each row
when (new.corrects is not null or (new.machine is not null and (new.market is not null or new.party is not null)))
execute function unsettle();

create function unsettle_all() returns trigger language plpgsql as $$
begin
  delete from holding;
  return null;
end $$;
create trigger unsettled after insert on sealed for each statement execute function unsettle_all();

-- a row that every commit changes: room for its versions on the page
alter table counter set (fillfactor = 20);
