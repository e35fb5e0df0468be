create view water.vw_network as
select material.name as material, count(*) as pipes, round(sum(pipe.length)) as metres
from water.pipe
join water.vl_material material on material.id = pipe.material
group by material.name;
