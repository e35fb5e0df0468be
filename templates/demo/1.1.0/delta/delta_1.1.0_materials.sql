-- Polyethylene is what is laid today.
insert into water.vl_material (id, name) values (4, 'polyethylene'), (5, 'ductile iron');

do $$
declare
    changed integer;
begin
    update water.pipe set material = 4 where laid_in >= 2005 and material = 1;
    get diagnostics changed = row_count;
    raise notice '% pipes laid since 2005 are of polyethylene now', changed;
end;
$$;
