-- What people look at.
create view water.vw_pipe as
select pipe.id, material.name as material, status.name as status, pipe.laid_in, pipe.length, pipe.diameter, zone.name as zone
from water.pipe
join water.vl_material material on material.id = pipe.material
join water.vl_status status on status.id = pipe.status
join water.node on node.id = pipe.from_node
left join water.pressure_zone zone on zone.id = node.zone;
