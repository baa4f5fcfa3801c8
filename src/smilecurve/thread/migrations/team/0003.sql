alter table block enable row level security;
alter table block_run enable row level security;
