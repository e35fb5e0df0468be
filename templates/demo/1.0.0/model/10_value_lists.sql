-- What may be chosen. The rows belong to the model.
create schema water;
-- For the table in which pum records the upgrades.
create schema water_sys;

create table water.vl_material (
    id integer primary key,
    name text not null unique
);
comment on table water.vl_material is 'what pipes are made of';

insert into water.vl_material (id, name) values
    (1, 'unknown'),
    (2, 'cast iron'),
    (3, 'steel');

create table water.vl_status (
    id integer primary key,
    name text not null unique
);

insert into water.vl_status (id, name) values
    (1, 'planned'),
    (2, 'in operation'),
    (3, 'abandoned');
