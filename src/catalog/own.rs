//! What is the user's own: not the system's, and not an inner part of something else.

/// The oids below are those of the server's own objects (`FirstNormalObjectId` in its sources), but for what a template
/// brings: the schema `public`, extensions.
pub(super) const FIRST_NORMAL: u32 = 16384;

/// That the row of a system catalog with this alias belongs neither to an extension nor to the inside of another
/// object, as a condition. The reader leaves members of extensions out by itself: this is for catalogs where those may
/// be many and dear to deparse, and for those where objects have inner parts.
pub(super) fn independent(alias: &str) -> String {
    format!(
        "NOT EXISTS (SELECT FROM pg_depend inner_dep WHERE inner_dep.classid = {alias}.tableoid
            AND inner_dep.objid = {alias}.oid AND inner_dep.deptype IN ('e', 'i'))"
    )
}

/// The function in a column of type regproc, with its arguments; NULL for none.
pub(super) fn function(column: &str) -> String {
    format!("NULLIF({column}::oid::regprocedure::text, '-')")
}

/// The items of an array of text, one a line, in their order by name: for settings and options, where order says
/// nothing. By their bytes: the order of the database's own collation is not that of another cluster's.
pub(super) fn sorted(array: &str) -> String {
    format!("(SELECT string_agg(item, E'\\n' ORDER BY item COLLATE \"C\") FROM unnest({array}) AS item)")
}
