alter table water.hydrant add column flow double precision;
comment on column water.hydrant.flow is 'litres a minute, as computed';

-- Stands for a computation that takes its time.
do $$
begin
    raise notice 'computing the flow of % hydrants', (select count(*) from water.hydrant);
    perform pg_sleep(0.35);
end;
$$;

update water.hydrant
set flow = 400 + 2 * (select max(diameter) from water.pipe where hydrant.node in (from_node, to_node));
