-- The length of a pipe follows from its nodes.
create function water.pipe_length() returns trigger
language plpgsql as $$
begin
    select sqrt((b.x - a.x) ^ 2 + (b.y - a.y) ^ 2)
    into new.length
    from water.node a, water.node b
    where a.id = new.from_node and b.id = new.to_node;
    return new;
end;
$$;

create trigger pipe_length before insert or update of from_node, to_node on water.pipe
    for each row execute function water.pipe_length();
