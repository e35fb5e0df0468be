alter table water.pipe add column diameter integer;
comment on column water.pipe.diameter is 'inner diameter in millimetres';

update water.pipe set diameter = case material when 2 then 150 when 3 then 200 else 100 end;

alter table water.pipe alter column diameter set not null;
alter table water.pipe add constraint pipe_diameter_is_real check (diameter between 10 and 3000);
