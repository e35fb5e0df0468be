"""The base class of Python deltas, and the version that they compare with."""

import operator
import re


def _key(version):
    """What a version is ordered by, `None` for what is none: the numbers without final zeros, then whether it
    comes before (1.3.0rc1) or after (1.3.0.post1) the release of these numbers."""
    match = re.match(r"v?(\d+(?:\.\d+)*)(.*)", str(version).strip())
    if match is None:
        return None
    numbers = [int(number) for number in match.group(1).split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    rest = match.group(2)
    if re.match(r"[-_.]?(a|b|c|rc|alpha|beta|pre|preview|dev)", rest):
        return numbers, -1
    return numbers, 1 if rest else 0


def _comparison(operation):
    def compare(self, other):
        key = _key(other)
        return NotImplemented if key is None else operation(_key(self), key)

    return compare


class Version(str):
    """The text of a version that compares by its numbers: with text, and with what `packaging.version.parse` and
    `pkg_resources.parse_version` give, which may be of different classes that refuse each other."""

    __eq__ = _comparison(operator.eq)
    __ne__ = _comparison(operator.ne)
    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)
    __hash__ = str.__hash__

    release = property(lambda self: tuple(int(number) for number in self.split(".")))
    major = property(lambda self: self.release[0])
    minor = property(lambda self: self.release[1])
    micro = property(lambda self: self.release[2])


class DeltaPy(object):
    """A delta in Python: every subclass that the file defines is made and its `run` called, in the order of names."""

    def __init__(self, current_db_version, delta_dir, delta_dirs, pg_service, upgrades_table, variables=None):
        self.__current_db_version = current_db_version
        self.__delta_dir = delta_dir
        self.__delta_dirs = delta_dirs
        self.__pg_service = pg_service
        self.__upgrades_table = upgrades_table
        self.__variables = {} if variables is None else variables

    @property
    def current_db_version(self):
        """The version of the database before this upgrade."""
        return self.__current_db_version

    @property
    def delta_dir(self):
        """The directory of this delta, with a separator at its end."""
        return self.__delta_dir

    @property
    def delta_dirs(self):
        """All delta directories of this upgrade."""
        return self.__delta_dirs

    @property
    def pg_service(self):
        """The service of the database, for `psql service=…` and psycopg2."""
        return self.__pg_service

    @property
    def upgrades_table(self):
        """The table that records the upgrades, with its schema."""
        return self.__upgrades_table

    @property
    def variables(self):
        """The variables of this upgrade by name: int, float or str."""
        return self.__variables

    def write_message(self, text):
        """Tells the user something."""
        print(text)

    def run(self):
        """What the delta does."""
        raise NotImplementedError("{} has no method run".format(type(self).__name__))
