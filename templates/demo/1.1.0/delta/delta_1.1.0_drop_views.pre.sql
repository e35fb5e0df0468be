-- The view shows columns that change below; delta_1.1.0_views.post.sql makes it again.
drop view water.vw_pipe;
