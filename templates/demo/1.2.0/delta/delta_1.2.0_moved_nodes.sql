-- A node that moves changes the length of its pipes.
create function water.move_pipes() returns trigger
language plpgsql as $$
begin
    -- Fires the trigger that computes the length.
    update water.pipe set from_node = from_node where new.id in (from_node, to_node);
    return null;
end;
$$;

create trigger move_pipes after update of x, y on water.node
    for each row execute function water.move_pipes();
