-- {{ file }}
--
-- {{ base }}
{% if commits %}
-- Commits since then that touched the model:
{% for commit in commits %}
--   {{ commit.id }} {{ commit.author }}: {{ commit.subject }}
{% endfor %}
{% endif %}
{% if files %}
-- Files of the model that changed, + those that are not committed:
{% for file in files %}
--   {{ file.change }}{{ "+" if file.uncommitted else " " }} {{ file.path }}
{% endfor %}
{% endif %}

{% if release %}
-- Nothing changes with {{ version }}: this leaves the version in the database.
{% else %}
-- TODO: the statements that take a database from there to here. `pum verify` refuses a delta with this line.
{% endif %}
