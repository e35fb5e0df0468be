use pum::catalog::Kind;

use super::Case;

/// A parser, and other functions that do the same.
const PARSER: &str =
    "create function s.f(internal, integer) returns internal language internal as 'prsd_start';
    create function s.g(internal, internal, internal) returns internal language internal as 'prsd_nexttoken';
    create function s.h(internal) returns void language internal as 'prsd_end';
    create function s.i(internal, internal, tsquery) returns internal language internal as 'prsd_headline';
    create function s.j(internal) returns internal language internal as 'prsd_lextype';
    create text search parser s.p (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end,
        headline = prsd_headline, lextypes = prsd_lextype)";

pub fn cases() -> Vec<Case> {
    let of = |kind, identity, attribute, before, change| Case { kind, attribute, before, change, identity };
    let parser =
        |attribute, change| of(Kind::TextSearchParser, "text search parser s.p", attribute, PARSER, change);
    let template = |attribute, before, change| {
        of(Kind::TextSearchTemplate, "text search template s.t", attribute, before, change)
    };
    let dictionary = |attribute, before, change| {
        of(Kind::TextSearchDictionary, "text search dictionary s.d", attribute, before, change)
    };
    let configuration = |attribute, before, change| {
        of(Kind::TextSearchConfiguration, "text search configuration s.c", attribute, before, change)
    };
    vec![
        of(
            Kind::TextSearchParser,
            "text search parser s.p",
            "-",
            "",
            "create text search parser s.p (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end,
                lextypes = prsd_lextype)",
        ),
        parser(
            "start function",
            "drop text search parser s.p; create text search parser s.p (start = s.f, gettoken = prsd_nexttoken,
                end = prsd_end, headline = prsd_headline, lextypes = prsd_lextype)",
        ),
        parser(
            "token function",
            "drop text search parser s.p; create text search parser s.p (start = prsd_start, gettoken = s.g,
                end = prsd_end, headline = prsd_headline, lextypes = prsd_lextype)",
        ),
        parser(
            "end function",
            "drop text search parser s.p; create text search parser s.p (start = prsd_start,
                gettoken = prsd_nexttoken, end = s.h, headline = prsd_headline, lextypes = prsd_lextype)",
        ),
        parser(
            "headline function",
            "drop text search parser s.p; create text search parser s.p (start = prsd_start,
                gettoken = prsd_nexttoken, end = prsd_end, headline = s.i, lextypes = prsd_lextype)",
        ),
        parser(
            "types function",
            "drop text search parser s.p; create text search parser s.p (start = prsd_start,
                gettoken = prsd_nexttoken, end = prsd_end, headline = prsd_headline, lextypes = s.j)",
        ),
        template("-", "", "create text search template s.t (lexize = dsimple_lexize)"),
        template(
            "init function",
            "create text search template s.t (lexize = dsimple_lexize)",
            "drop text search template s.t; create text search template s.t (lexize = dsimple_lexize, init = dsimple_init)",
        ),
        template(
            "lexize function",
            "create function s.f(internal, internal, internal, internal) returns internal language internal
                as 'dsimple_lexize';
             create text search template s.t (lexize = dsimple_lexize)",
            "drop text search template s.t; create text search template s.t (lexize = s.f)",
        ),
        dictionary("-", "", "create text search dictionary s.d (template = simple)"),
        dictionary(
            "template",
            "create text search template s.t (lexize = dsimple_lexize, init = dsimple_init);
             create text search dictionary s.d (template = simple)",
            "drop text search dictionary s.d; create text search dictionary s.d (template = s.t)",
        ),
        dictionary(
            "options",
            "create text search dictionary s.d (template = simple)",
            "alter text search dictionary s.d (accept = false)",
        ),
        configuration("-", "", "create text search configuration s.c (parser = default)"),
        configuration(
            "parser",
            "create text search parser s.p (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end,
                lextypes = prsd_lextype);
             create text search configuration s.c (parser = default)",
            "drop text search configuration s.c; create text search configuration s.c (parser = s.p)",
        ),
        configuration(
            "mappings",
            "create text search configuration s.c (parser = default)",
            "alter text search configuration s.c add mapping for word with simple",
        ),
        configuration(
            "mappings",
            "create text search dictionary s.d (template = simple);
             create text search configuration s.c (parser = default);
             alter text search configuration s.c add mapping for word, url with simple, s.d",
            "alter text search configuration s.c alter mapping for url with s.d, simple",
        ),
    ]
}
