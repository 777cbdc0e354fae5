-- A database written by Miron 0.1.0, as sqlite3 dumps it.
BEGIN TRANSACTION;
CREATE TABLE companies (
	id INTEGER NOT NULL, 
	name VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "companies" VALUES(1,'Analytical Engines');
CREATE TABLE consents (
	id INTEGER NOT NULL, 
	visitor VARCHAR NOT NULL, 
	purpose VARCHAR NOT NULL, 
	agreed BOOLEAN NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "consents" VALUES(1,'Charles Babbage','remember',1,'2026-01-05 09:00:00.000000');
CREATE TABLE hosts (
	id INTEGER NOT NULL, 
	name VARCHAR NOT NULL, 
	aliases JSON NOT NULL, 
	email VARCHAR, 
	phone VARCHAR, 
	channel VARCHAR, 
	team VARCHAR, 
	deputy_id INTEGER, 
	reachable VARCHAR, 
	PRIMARY KEY (id), 
	UNIQUE (name), 
	FOREIGN KEY(deputy_id) REFERENCES hosts (id)
);
INSERT INTO "hosts" VALUES(1,'Grace Hopper','[]','grace@example.org',NULL,NULL,'Compilers',2,NULL);
INSERT INTO "hosts" VALUES(2,'Jean Bartik','[]',NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE messages (
	id INTEGER NOT NULL, 
	subject VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	reason VARCHAR NOT NULL, 
	recipient VARCHAR NOT NULL, 
	address VARCHAR, 
	channel VARCHAR NOT NULL, 
	visitor VARCHAR, 
	company VARCHAR, 
	text VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	attempts INTEGER NOT NULL, 
	owner VARCHAR, 
	created_at DATETIME NOT NULL, 
	changed_at DATETIME NOT NULL, 
	due_at DATETIME NOT NULL, 
	detail VARCHAR, 
	answer VARCHAR, 
	PRIMARY KEY (id), 
	CONSTRAINT once UNIQUE (subject, number)
);
INSERT INTO "messages" VALUES(1,'arrived/1',1,'arrived','Grace Hopper',NULL,'local','Charles Babbage',NULL,'Charles Babbage is here.','queued',0,NULL,'2026-01-05 09:00:00.000000','2026-01-05 09:00:00.000000','2026-01-05 09:00:00.000000',NULL,NULL);
CREATE TABLE meta (
	"key" VARCHAR(40) NOT NULL, 
	value VARCHAR NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('schema_version','1');
CREATE TABLE stays (
	id INTEGER NOT NULL, 
	visit_id INTEGER, 
	visitor VARCHAR NOT NULL, 
	company VARCHAR, 
	host VARCHAR, 
	arrived_at DATETIME NOT NULL, 
	left_at DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(visit_id) REFERENCES visits (id)
);
INSERT INTO "stays" VALUES(1,2,'Charles Babbage',NULL,'Grace Hopper','2026-01-05 09:00:00.000000',NULL);
CREATE TABLE visits (
	id INTEGER NOT NULL, 
	visitor VARCHAR, 
	company_id INTEGER, 
	host_id INTEGER NOT NULL, 
	day DATE NOT NULL, 
	at TIME, 
	code VARCHAR, 
	state VARCHAR NOT NULL, 
	source VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(company_id) REFERENCES companies (id), 
	FOREIGN KEY(host_id) REFERENCES hosts (id)
);
INSERT INTO "visits" VALUES(1,'Ada Lovelace',1,1,'2026-01-05','10:30:00.000000','ADA-1030','expected','given');
INSERT INTO "visits" VALUES(2,'Charles Babbage',NULL,1,'2026-01-05','09:00:00.000000',NULL,'arrived','walk_in');
CREATE INDEX ix_messages_state ON messages (state);
CREATE INDEX ix_visits_code ON visits (code);
CREATE INDEX ix_visits_day ON visits (day);
CREATE INDEX ix_stays_left_at ON stays (left_at);
COMMIT;
