#!/usr/bin/env python3
"""The include check itself: it finds what it is there to find, and nothing else."""
import pathlib
import tempfile
import unittest

import check_includes

ALLOWED = {
    "core/include/millrace/load/loader.hpp": '#include <vector>\n#include "millrace/access/driver.hpp"\n#include "millrace/data/types.hpp"\n',
    "core/src/data/types.cpp": '#include "millrace/data/types.hpp"\n#include "data/scan.hpp"\n// #include <soci/soci.h>\n',
    "core/src/load/csv/reader.cpp": '#include <zlib.h>\n#include "load/csv/dialect.hpp"\n#include <nlohmann/json.hpp>\n',
    "core/include/millrace/access/async.hpp": "#include <boost/version.hpp>\n#include <boost/asio/post.hpp>\n",
    "core/include/millrace/load/async_load.hpp": "#include <boost/asio/post.hpp>\n",
    "backends/common/soci_session.hpp": "#include <soci/soci.h>\n",
    "backends/include/millrace/backends.hpp": '#include "millrace/access/driver.hpp"\n',
    "backends/postgresql/copy.cpp": '#include <libpq-fe.h>\n#include <soci/postgresql/soci-postgresql.h>\n#include "common/soci_session.hpp"\n',
    "backends/sqlite3/writer.cpp": '#include <sqlite3.h>\n#include "sqlite3/module.hpp"\n#include "millrace/backends.hpp"\n',
    "backends/db2/open_session.cpp": '#include <soci/db2/soci-db2.h>\n#include <sqlcli1.h>\n#include "db2/cli/provider.hpp"\n#include "products/db2/dialect.hpp"\n',
    "backends/db2/cli/handles.hpp": '#include <sqlcli1.h>\n#include "db2/cli/columns.hpp"\n#include "db2/drda/client.hpp"\n',
    "backends/db2/drda/transport.cpp": '#include <boost/asio/ssl.hpp>\n#include <openssl/ssl.h>\n#include "db2/drda/transport.hpp"\n',
    "backends/common/cli/cli.hpp": "#include <sql.h>\n#include <sqlcli1.h>\n",
    "cli/main.cpp": '#include <CLI/CLI.hpp>\n#include "millrace/load/loader.hpp"\n#include "cli/options.hpp"\n#include "options.hpp"\n',
    "examples/quick_start.cpp": '#include <iostream>\n#include "millrace/backends.hpp"\n',
}

FORBIDDEN = {
    "core/src/access/driver.cpp": '#include "millrace/load/job.hpp"\n',
    "core/src/data/value.cpp": '#include "access/quoting.hpp"\n',
    "core/src/load/loader.cpp": "#include <soci/soci.h>\n",
    "core/src/load/runs.cpp": "#  include <libpq-fe.h>\n",
    "core/src/load/publish.cpp": "#include <sqlite3.h>\n",
    "core/src/load/session.cpp": "#include <sql.h>\n",
    "core/src/access/pool.cpp": '#include "millrace/backends.hpp"\n',
    "core/include/millrace/load/report.hpp": "#include <nlohmann/json.hpp>\n",
    "core/include/millrace/access/log.hpp": '#include "access/sink.hpp"\n',
    "core/include/millrace/access/async.hpp": "#include <boost/fiber/all.hpp>\n",
    "core/include/millrace/access/database.hpp": "#include <boost/asio/post.hpp>\n",
    "core/src/access/async/engine.cpp": "#include <boost/asio/post.hpp>\n",
    "core/include/millrace/novel/thing.hpp": "#include <vector>\n",
    "core/src/data/nearby.cpp": '#include "scan.hpp"\n',
    "backends/postgresql/driver.cpp": '#include "sqlite3/module.hpp"\n',
    "backends/postgresql/encoder.cpp": "#include <sqlite3.h>\n",
    "backends/sqlite3/driver.cpp": "#include <soci/postgresql/soci-postgresql.h>\n",
    "backends/sqlite3/private.cpp": '#include "load/plan.hpp"\n',
    "backends/common/errors.cpp": "#include <libpq-fe.h>\n",
    "backends/db2/cli/execution.cpp": '#include "millrace/access/error.hpp"\n',
    "backends/db2/cli/columns.cpp": '#include "db2/keywords.hpp"\n',
    "backends/db2/cli/provider.cpp": "#include <soci/db2/soci-db2.h>\n",
    "backends/db2/cli/calls.cpp": "#include <boost/asio/ssl.hpp>\n",
    "backends/db2/drda/session.cpp": "#include <sqlcli1.h>\n",
    "backends/db2/drda/reply.cpp": '#include "db2/cli/handles.hpp"\n',
    "backends/db2/drda/client.cpp": '#include "common/native.hpp"\n',
    "backends/db2/products.cpp": "#include <sql.h>\n",
    "backends/odbc/driver.cpp": "#include <sqlcli1.h>\n",
    "backends/common/cli/session.cpp": "#include <sqlcli1.h>\n",
    "backends/postgresql/connect.cpp": "#include <openssl/ssl.h>\n",
    "backends/include/millrace/backends.hpp": "#include <soci/soci.h>\n",
    "cli/load.cpp": '#include "load/plan.hpp"\n',
    "cli/ping.cpp": "#include <libpq-fe.h>\n",
    "examples/raw.cpp": "#include <sqlite3.h>\n",
}


class IncludeRules(unittest.TestCase):
    def violations_of(self, files):
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return list(check_includes.violations(root))

    def test_includes_that_keep_the_rules_pass(self):
        self.assertEqual(self.violations_of(ALLOWED), [])

    def test_each_include_that_breaks_a_rule_is_reported_once(self):
        for name, text in FORBIDDEN.items():
            with self.subTest(name):
                found = self.violations_of({name: text})
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(name + ":"), found)


if __name__ == "__main__":
    unittest.main()
