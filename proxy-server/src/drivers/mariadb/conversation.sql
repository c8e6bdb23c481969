-- The smoke conversation of the command line client. What begins with ROUTE says where it has to run, and where it ran.
-- A write in a read-only transaction is left out: its warning is the replica's, a known difference.
SELECT v FROM drv_r ORDER BY id;
SELECT CONCAT('ROUTE replica server ', @@server_id) AS place FROM drv_r WHERE id = 1;
SELECT CONCAT('ROUTE primary server ', @@server_id) AS place FROM drv_r WHERE id = 1 FOR UPDATE;
BEGIN;
SELECT CONCAT('ROUTE primary server ', @@server_id) AS place FROM drv_r WHERE id = 1;
COMMIT;
START TRANSACTION READ ONLY;
SELECT CONCAT('ROUTE replica server ', @@server_id) AS place FROM drv_r WHERE id = 1;
COMMIT;
SELECT CONCAT('ROUTE replica server ', @@server_id) AS place FROM drv_r WHERE id = 2;

CREATE TABLE drv_w (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(30) UNIQUE, d DECIMAL(10,3), t DATETIME(3), b BLOB, j JSON,
  y YEAR, tm TIME(2), n DOUBLE, bits BIT(9), en ENUM('a', 'b'), st SET('x', 'y', 'z'), bu BIGINT UNSIGNED);
INSERT INTO drv_w VALUES (1, 'grüße 🙂', '1.250', '2026-01-02 03:04:05.678', x'00ff27', '{"k": [1, null]}', 2026,
  '-05:03:00.25', -2.25e100, b'100000001', 'b', 'x,z', 18446744073709551615);
INSERT INTO drv_w (v) VALUES ('a'), ('b'), (NULL);
SELECT LAST_INSERT_ID(), ROW_COUNT();
SELECT CONCAT('ROUTE primary server ', @@server_id) AS place FROM drv_r WHERE id = 1 FOR SHARE;
SELECT * FROM drv_w ORDER BY id;
SELECT * FROM drv_w WHERE id = 1\G
UPDATE drv_w SET n = 1 WHERE v = 'a';
UPDATE drv_w SET n = 1 WHERE v = 'a';
UPDATE drv_w SET n = 2;
DELETE FROM drv_w;
SHOW CREATE TABLE drv_w;
DESCRIBE drv_r;
SHOW TABLES LIKE 'drv\_%';

SELEC 1;
SELECT * FROM drv_nowhere;
INSERT INTO drv_w (id, v) VALUES (1, 'again');
CALL drv_signal();
CALL drv_nothing();
SELECT * FROM mysql.user;
USE nowhere
SELECT CAST('12abc' AS SIGNED), 1 / 0;
SHOW WARNINGS;
INSERT IGNORE INTO drv_w (id, en) VALUES (50, 'z');
SHOW ERRORS;

CALL drv_two(3, @b, @c);
SET @b = 1;
CALL drv_two(3, @b, @c);
SELECT @b, @c;
SET @x = 'é', SESSION time_zone = '+05:30';
SELECT @x, @@session.time_zone, @@session.sql_mode, DATABASE();
PREPARE two FROM 'SELECT ? + ? AS three';
SET @one = 1, @two = 2;
EXECUTE two USING @one, @two;
DEALLOCATE PREPARE two;
CREATE TEMPORARY TABLE drv_temporary (n INT);
INSERT INTO drv_temporary VALUES (1), (2);
SELECT SUM(n) FROM drv_temporary;
DROP TEMPORARY TABLE drv_temporary;
SELECT GET_LOCK('drv', 1), RELEASE_LOCK('drv');
LOCK TABLES drv_r READ;
SELECT COUNT(*) FROM drv_r;
SELECT COUNT(*) FROM drv_w;
UNLOCK TABLES;

START TRANSACTION;
INSERT INTO drv_w (v) VALUES ('lost');
SAVEPOINT here;
INSERT INTO drv_w (v) VALUES ('lost too');
ROLLBACK TO SAVEPOINT here;
SELECT COUNT(*) FROM drv_w WHERE v LIKE 'lost%';
ROLLBACK;
SELECT COUNT(*) FROM drv_w WHERE v LIKE 'lost%';

delimiter $$
SELECT 1 AS a; SELECT 'b' AS b; UPDATE drv_w SET y = 2027 WHERE v = 'b'$$
CREATE PROCEDURE drv_of_client() BEGIN SELECT 1 AS one; SELECT 2 AS two; END$$
delimiter ;
CALL drv_of_client();
DROP PROCEDURE drv_of_client;

LOAD DATA LOCAL INFILE 'rows.csv' INTO TABLE drv_w FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' (id, v);
LOAD DATA LOCAL INFILE 'nowhere.csv' INTO TABLE drv_w;
SELECT id, v FROM drv_w WHERE id > 100 ORDER BY id;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, REPEAT('x', i) AS pad FROM n ORDER BY i;
SELECT MD5(REPEAT('ä', 1000000)), LENGTH(REPEAT('🙂', 100000));

use app2
SELECT DATABASE(), @x;
resetconnection
SELECT DATABASE(), @x, @@session.time_zone;
connect app
SELECT DATABASE(), @x;
