# {{ file }}
#
# {{ base }}
{% if commits %}
# Commits since then that touched the model:
{% for commit in commits %}
#   {{ commit.id }} {{ commit.author }}: {{ commit.subject }}
{% endfor %}
{% endif %}
{% if files %}
# Files of the model that changed, + those that are not committed:
{% for file in files %}
#   {{ file.change }}{{ "+" if file.uncommitted else " " }} {{ file.path }}
{% endfor %}
{% endif %}

import psycopg2
from pum.core.deltapy import DeltaPy


class {{ class }}(DeltaPy):
    def run(self):
        # The delta opens its own connection; what is done in it is committed at the end of the block.
        with psycopg2.connect(service=self.pg_service) as connection, connection.cursor() as cursor:
            # TODO: what is to be done, and without this line.
            raise NotImplementedError("{{ file }}")
