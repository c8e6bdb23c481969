// The smoke conversation of mysql2: host port user password database direct|proxied. Every line is compared.
'use strict';

const mysql = require('mysql2/promise');

const [host, port, user, password, database, mode] = process.argv.slice(2);
const proxied = mode === 'proxied';

function say(...values) {
  console.log(values.map((value) => JSON.stringify(value, (key, v) => (typeof v === 'bigint' ? `${v}n` : v))).join(' '));
}

function columns(fields) {
  return (fields || []).map((field) =>
    field && !Array.isArray(field)
      ? [field.name, field.table, field.columnType, field.columnLength, field.flags, field.decimals, field.characterSet]
      : field && columns(field),
  );
}

async function run(connection, method, sql, parameters) {
  try {
    const [rows, fields] = await connection[method](sql, parameters);
    say(sql.slice(0, 60), rows, columns(fields));
  } catch (e) {
    say(sql.slice(0, 60), e.code, e.errno, e.sqlState, e.sqlMessage);
  }
}

async function route(connection) {
  const [rows] = await connection.query({ sql: 'SHOW SLUICE ROUTE', rowsAsArray: false });
  return rows[0].role;
}

async function expect(connection, role) {
  if (proxied) {
    console.log('ROUTE', role, await route(connection));
  }
}

// The parser may need a moment to know a read, and the monitor one to know that replicas are fresh.
async function awaitReplica(connection, method, sql, parameters) {
  for (let i = 0; i < 400 && proxied; i++) {
    await connection[method](sql, parameters);
    if ((await route(connection)) === 'replica') {
      return;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}

async function hold(options) {
  const connection = await mysql.createConnection({
    host, port: Number(port), user, password, database, supportBigNumbers: true, dateStrings: true, ...options,
  });
  await awaitReplica(connection, 'query', 'SELECT v FROM drv_r WHERE id = 1');
  await run(connection, 'query', 'SELECT v FROM drv_r WHERE id = 1');
  await expect(connection, 'replica');
  await awaitReplica(connection, 'execute', 'SELECT v FROM drv_r WHERE id = ?', [1]);
  await run(connection, 'execute', 'SELECT v FROM drv_r WHERE id = ?', [2]);
  await expect(connection, 'replica');
  await run(connection, 'query', 'DROP TABLE IF EXISTS drv_w');
  await run(connection, 'query',
    'CREATE TABLE drv_w (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(30) UNIQUE, d DECIMAL(10,3), t DATETIME(3), b BLOB,'
      + ' j JSON, big BIGINT UNSIGNED, n DOUBLE)');
  for (const method of ['query', 'execute']) {
    await run(connection, method, 'INSERT INTO drv_w (v, d, t, b, j, big, n) VALUES (?, ?, ?, ?, ?, ?, ?)',
      [`grüße 🙂 ${method}`, '1.250', '2026-01-02 03:04:05.678', Buffer.from([0, 39, 255]), '{"k": [1]}', '18446744073709551615', 1.5]);
    await expect(connection, 'primary');
    await run(connection, method, 'SELECT * FROM drv_w WHERE id > ? ORDER BY id', [0]);
    await run(connection, method, 'UPDATE drv_w SET n = 2 WHERE v = ?', ['nobody']);
    for (const wrong of ['SELEC 1', 'SELECT * FROM drv_nowhere', "INSERT INTO drv_w (id) VALUES (1)", 'CALL drv_signal()']) {
      await run(connection, method, wrong);
    }
    await run(connection, method, 'CALL drv_two(3, @b, @c)');
    await run(connection, method, 'SELECT MD5(?) AS m', ['ä'.repeat(100000)]);
  }
  await connection.beginTransaction();
  await run(connection, 'execute', 'INSERT INTO drv_w (v) VALUES (?)', ['lost']);
  await expect(connection, 'primary');
  await connection.rollback();
  await run(connection, 'query', "SELECT COUNT(*) AS n FROM drv_w WHERE v = 'lost'");
  await run(connection, 'query', "SET @x = 'é', SESSION time_zone = '+05:30'");
  await run(connection, 'query', 'SELECT @x AS x, @@session.time_zone AS z, @@session.sql_mode AS m, DATABASE() AS d');
  await run(connection, 'query', "SELECT CAST('12abc' AS SIGNED) AS n");
  await run(connection, 'query', 'SHOW WARNINGS');
  await run(connection, 'query', "SELECT 1 AS a; SELECT 'b' AS b");
  await connection.ping();
  await connection.changeUser({ database: 'app2' });
  await run(connection, 'query', 'SELECT DATABASE() AS d, @x AS x');
  await connection.end();
}

async function main() {
  await hold({});
  await hold({ multipleStatements: true, rowsAsArray: true, ssl: { rejectUnauthorized: false } });
}

main().catch((e) => {
  console.error(e);
  process.exit(1);
});
