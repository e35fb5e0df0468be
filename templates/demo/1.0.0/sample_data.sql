-- A small town: a grid of streets, with a hydrant at every tenth crossing.
insert into water.node (x, y)
select 50 * column_number + 7 * sin(line), 60 * line + 5 * cos(column_number)
from generate_series(1, 40) line, generate_series(1, 40) column_number;

insert into water.pipe (from_node, to_node, material, laid_in)
select id, id + 1, 1 + id % 3, 1920 + id % 100
from water.node
where id % 40 <> 0;

insert into water.pipe (from_node, to_node, material, laid_in)
select id, id + 40, 1 + id % 3, 1950 + id % 70
from water.node
where id <= 1560;

insert into water.hydrant (node, number)
select id, 'H' || id
from water.node
where id % 10 = 0;
