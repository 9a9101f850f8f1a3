BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0584bdc529eb');
CREATE TABLE "datasets" (
	dataset_uuid VARCHAR(36) NOT NULL, 
	experiment_id INTEGER NOT NULL, 
	name VARCHAR(500) NOT NULL, 
	digest VARCHAR(36) NOT NULL, 
	dataset_source_type VARCHAR(36) NOT NULL, 
	dataset_source TEXT NOT NULL, 
	dataset_schema TEXT, 
	dataset_profile TEXT, 
	CONSTRAINT dataset_pk PRIMARY KEY (experiment_id, name, digest), 
	CONSTRAINT fk_datasets_experiment_id_experiments FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id) ON DELETE CASCADE
);
INSERT INTO "datasets" VALUES('924404e036984bffbd243daa30dacbc2',1,'träin','abc123','local','{"uri": "x"}','{"mlflow_colspec": []}','{"num_rows": 3}');
INSERT INTO "datasets" VALUES('ac401d3b1f8a4c3fa21e4606f73f45e5',1,'test set','d2','code','{}',NULL,NULL);
CREATE TABLE experiment_tags (
	"key" VARCHAR(250) NOT NULL, 
	value VARCHAR(5000), 
	experiment_id INTEGER NOT NULL, 
	CONSTRAINT experiment_tag_pk PRIMARY KEY ("key", experiment_id), 
	FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id)
);
INSERT INTO "experiment_tags" VALUES('team','core',1);
INSERT INTO "experiment_tags" VALUES('mlflow.note.content','A note',1);
CREATE TABLE experiments (
	experiment_id INTEGER NOT NULL, 
	name VARCHAR(256) NOT NULL, 
	artifact_location VARCHAR(256), 
	lifecycle_stage VARCHAR(32), creation_time BIGINT, last_update_time BIGINT, 
	CONSTRAINT experiment_pk PRIMARY KEY (experiment_id), 
	CONSTRAINT experiments_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted')), 
	UNIQUE (name)
);
INSERT INTO "experiments" VALUES(0,'Default','@HERE@/mlruns/0','active',1795339886171,1795339886171);
INSERT INTO "experiments" VALUES(1,'vision/größe №1','@HERE@/mlruns/1','active',1795339886186,1795339886186);
INSERT INTO "experiments" VALUES(2,'gone','@HERE@/mlruns/2','deleted',1795339886230,1795339887560);
INSERT INTO "experiments" VALUES(3,'after','@HERE@/mlruns/3','active',1795339886253,1795339886295);
CREATE TABLE input_tags (
	input_uuid VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	value VARCHAR(500) NOT NULL, 
	CONSTRAINT input_tags_pk PRIMARY KEY (input_uuid, name)
);
INSERT INTO "input_tags" VALUES('5f6998e527a7431fb2f8ca5bb13a5bb1','mlflow.data.context','training');
CREATE TABLE inputs (
	input_uuid VARCHAR(36) NOT NULL, 
	source_type VARCHAR(36) NOT NULL, 
	source_id VARCHAR(36) NOT NULL, 
	destination_type VARCHAR(36) NOT NULL, 
	destination_id VARCHAR(36) NOT NULL, 
	CONSTRAINT inputs_pk PRIMARY KEY (source_type, source_id, destination_type, destination_id)
);
INSERT INTO "inputs" VALUES('5f6998e527a7431fb2f8ca5bb13a5bb1','DATASET','924404e036984bffbd243daa30dacbc2','RUN','0e1a4ac0898743698ffc9708b11fabe3');
INSERT INTO "inputs" VALUES('4250f15e0cf449a5be2d966152dd09d8','DATASET','ac401d3b1f8a4c3fa21e4606f73f45e5','RUN','0e1a4ac0898743698ffc9708b11fabe3');
CREATE TABLE "latest_metrics" (
	"key" VARCHAR(250) NOT NULL, 
	value FLOAT NOT NULL, 
	timestamp BIGINT, 
	step BIGINT NOT NULL, 
	is_nan BOOLEAN NOT NULL, 
	run_uuid VARCHAR(32) NOT NULL, 
	CONSTRAINT latest_metric_pk PRIMARY KEY ("key", run_uuid), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid), 
	CHECK (is_nan IN (0, 1))
);
INSERT INTO "latest_metrics" VALUES('loss',6.92841893945453195235e-03,1600000001990,199,0,'0e1a4ac0898743698ffc9708b11fabe3');
INSERT INTO "latest_metrics" VALUES('odd values',0.0,1600000000000,0,1,'0e1a4ac0898743698ffc9708b11fabe3');
INSERT INTO "latest_metrics" VALUES('a/b/c',9.00719925474099199994e+15,1600000000000,1099511627776,0,'0e1a4ac0898743698ffc9708b11fabe3');
INSERT INTO "latest_metrics" VALUES('again',2.0,1600000000000,1,0,'0e1a4ac0898743698ffc9708b11fabe3');
INSERT INTO "latest_metrics" VALUES('loss',0.5,1600000000008,3,0,'bf5aa35d0e4d4ad9a9099a0cf9abddd5');
INSERT INTO "latest_metrics" VALUES('x',1.0,1600000000012,0,0,'955edbbf29314deb9809b708c89a3639');
CREATE TABLE "metrics" (
	"key" VARCHAR(250) NOT NULL, 
	value FLOAT NOT NULL, 
	timestamp BIGINT NOT NULL, 
	run_uuid VARCHAR(32) NOT NULL, 
	step BIGINT DEFAULT '0' NOT NULL, 
	is_nan BOOLEAN DEFAULT '0' NOT NULL, 
	CONSTRAINT metric_pk PRIMARY KEY ("key", timestamp, step, run_uuid, value, is_nan), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid), 
	CHECK (is_nan IN (0, 1))
);
INSERT INTO "metrics" VALUES('loss',1.0,1600000000000,'0e1a4ac0898743698ffc9708b11fabe3',0,0);
INSERT INTO "metrics" VALUES('loss',9.75310012028332562472e-01,1600000000010,'0e1a4ac0898743698ffc9708b11fabe3',1,0);
INSERT INTO "metrics" VALUES('loss',0.951229624500714,1600000000020,'0e1a4ac0898743698ffc9708b11fabe3',2,0);
INSERT INTO "metrics" VALUES('loss',9.27743786328552810793e-01,1600000000030,'0e1a4ac0898743698ffc9708b11fabe3',3,0);
INSERT INTO "metrics" VALUES('loss',9.04837818035959529083e-01,1600000000040,'0e1a4ac0898743698ffc9708b11fabe3',4,0);
INSERT INTO "metrics" VALUES('loss',8.82497402584595413976e-01,1600000000050,'0e1a4ac0898743698ffc9708b11fabe3',5,0);
INSERT INTO "metrics" VALUES('loss',8.60708576425057825254e-01,1600000000060,'0e1a4ac0898743698ffc9708b11fabe3',6,0);
INSERT INTO "metrics" VALUES('loss',8.39457720769207327293e-01,1600000000070,'0e1a4ac0898743698ffc9708b11fabe3',7,0);
INSERT INTO "metrics" VALUES('loss',8.18731553077981843991e-01,1600000000080,'0e1a4ac0898743698ffc9708b11fabe3',8,0);
INSERT INTO "metrics" VALUES('loss',0.798517118759377,1600000000090,'0e1a4ac0898743698ffc9708b11fabe3',9,0);
INSERT INTO "metrics" VALUES('loss',7.78801783071404907232e-01,1600000000100,'0e1a4ac0898743698ffc9708b11fabe3',10,0);
INSERT INTO "metrics" VALUES('loss',7.59573223224968452349e-01,1600000000110,'0e1a4ac0898743698ffc9708b11fabe3',11,0);
INSERT INTO "metrics" VALUES('loss',7.40819420681717910603e-01,1600000000120,'0e1a4ac0898743698ffc9708b11fabe3',12,0);
INSERT INTO "metrics" VALUES('loss',7.22528653642072193896e-01,1600000000130,'0e1a4ac0898743698ffc9708b11fabe3',13,0);
INSERT INTO "metrics" VALUES('loss',7.04689489718713479859e-01,1600000000140,'0e1a4ac0898743698ffc9708b11fabe3',14,0);
INSERT INTO "metrics" VALUES('loss',6.87290778790972223255e-01,1600000000150,'0e1a4ac0898743698ffc9708b11fabe3',15,0);
INSERT INTO "metrics" VALUES('loss',6.7032164603563937355e-01,1600000000160,'0e1a4ac0898743698ffc9708b11fabe3',16,0);
INSERT INTO "metrics" VALUES('loss',6.53771485129847285122e-01,1600000000170,'0e1a4ac0898743698ffc9708b11fabe3',17,0);
INSERT INTO "metrics" VALUES('loss',6.37629951621773383152e-01,1600000000180,'0e1a4ac0898743698ffc9708b11fabe3',18,0);
INSERT INTO "metrics" VALUES('loss',6.21886956465020124262e-01,1600000000190,'0e1a4ac0898743698ffc9708b11fabe3',19,0);
INSERT INTO "metrics" VALUES('loss',6.06532659712633370752e-01,1600000000200,'0e1a4ac0898743698ffc9708b11fabe3',20,0);
INSERT INTO "metrics" VALUES('loss',5.91557464366815111134e-01,1600000000210,'0e1a4ac0898743698ffc9708b11fabe3',21,0);
INSERT INTO "metrics" VALUES('loss',5.76952010380486601803e-01,1600000000220,'0e1a4ac0898743698ffc9708b11fabe3',22,0);
INSERT INTO "metrics" VALUES('loss',5.62707168806955704276e-01,1600000000230,'0e1a4ac0898743698ffc9708b11fabe3',23,0);
INSERT INTO "metrics" VALUES('loss',5.48814036094026347356e-01,1600000000240,'0e1a4ac0898743698ffc9708b11fabe3',24,0);
INSERT INTO "metrics" VALUES('loss',5.35263928518990295124e-01,1600000000250,'0e1a4ac0898743698ffc9708b11fabe3',25,0);
INSERT INTO "metrics" VALUES('loss',0.522048376761016,1600000000260,'0e1a4ac0898743698ffc9708b11fabe3',26,0);
INSERT INTO "metrics" VALUES('loss',5.09159120607549198211e-01,1600000000270,'0e1a4ac0898743698ffc9708b11fabe3',27,0);
INSERT INTO "metrics" VALUES('loss',4.96588103791409551934e-01,1600000000280,'0e1a4ac0898743698ffc9708b11fabe3',28,0);
INSERT INTO "metrics" VALUES('loss',4.84327468955362439029e-01,1600000000290,'0e1a4ac0898743698ffc9708b11fabe3',29,0);
INSERT INTO "metrics" VALUES('loss',4.72369552741014664398e-01,1600000000300,'0e1a4ac0898743698ffc9708b11fabe3',30,0);
INSERT INTO "metrics" VALUES('loss',4.60706880998965784268e-01,1600000000310,'0e1a4ac0898743698ffc9708b11fabe3',31,0);
INSERT INTO "metrics" VALUES('loss',4.49332164117221544152e-01,1600000000320,'0e1a4ac0898743698ffc9708b11fabe3',32,0);
INSERT INTO "metrics" VALUES('loss',4.38238292464949219517e-01,1600000000330,'0e1a4ac0898743698ffc9708b11fabe3',33,0);
INSERT INTO "metrics" VALUES('loss',4.27418331948726692992e-01,1600000000340,'0e1a4ac0898743698ffc9708b11fabe3',34,0);
INSERT INTO "metrics" VALUES('loss',4.16865519678508378298e-01,1600000000350,'0e1a4ac0898743698ffc9708b11fabe3',35,0);
INSERT INTO "metrics" VALUES('loss',4.06573259740599102229e-01,1600000000360,'0e1a4ac0898743698ffc9708b11fabe3',36,0);
INSERT INTO "metrics" VALUES('loss',3.96535119074992836729e-01,1600000000370,'0e1a4ac0898743698ffc9708b11fabe3',37,0);
INSERT INTO "metrics" VALUES('loss',3.86744823454501229775e-01,1600000000380,'0e1a4ac0898743698ffc9708b11fabe3',38,0);
INSERT INTO "metrics" VALUES('loss',3.77196253563156946864e-01,1600000000390,'0e1a4ac0898743698ffc9708b11fabe3',39,0);
INSERT INTO "metrics" VALUES('loss',3.67883441171442338024e-01,1600000000400,'0e1a4ac0898743698ffc9708b11fabe3',40,0);
INSERT INTO "metrics" VALUES('loss',3.588005654059516214e-01,1600000000410,'0e1a4ac0898743698ffc9708b11fabe3',41,0);
INSERT INTO "metrics" VALUES('loss',3.49941949111155337082e-01,1600000000420,'0e1a4ac0898743698ffc9708b11fabe3',42,0);
INSERT INTO "metrics" VALUES('loss',3.41302055300993723019e-01,1600000000430,'0e1a4ac0898743698ffc9708b11fabe3',43,0);
INSERT INTO "metrics" VALUES('loss',3.32875483698079566163e-01,1600000000440,'0e1a4ac0898743698ffc9708b11fabe3',44,0);
INSERT INTO "metrics" VALUES('loss',3.24656967358349757279e-01,1600000000450,'0e1a4ac0898743698ffc9708b11fabe3',45,0);
INSERT INTO "metrics" VALUES('loss',3.16641369379053294608e-01,1600000000460,'0e1a4ac0898743698ffc9708b11fabe3',46,0);
INSERT INTO "metrics" VALUES('loss',3.08823679688019880895e-01,1600000000470,'0e1a4ac0898743698ffc9708b11fabe3',47,0);
INSERT INTO "metrics" VALUES('loss',3.01199011912202163632e-01,1600000000480,'0e1a4ac0898743698ffc9708b11fabe3',48,0);
INSERT INTO "metrics" VALUES('loss',2.93762600323532740986e-01,1600000000490,'0e1a4ac0898743698ffc9708b11fabe3',49,0);
INSERT INTO "metrics" VALUES('loss',2.86509796860190069089e-01,1600000000500,'0e1a4ac0898743698ffc9708b11fabe3',50,0);
INSERT INTO "metrics" VALUES('loss',2.79436068221407318823e-01,1600000000510,'0e1a4ac0898743698ffc9708b11fabe3',51,0);
INSERT INTO "metrics" VALUES('loss',2.72536993034012575698e-01,1600000000520,'0e1a4ac0898743698ffc9708b11fabe3',52,0);
INSERT INTO "metrics" VALUES('loss',2.65808259088926579494e-01,1600000000530,'0e1a4ac0898743698ffc9708b11fabe3',53,0);
INSERT INTO "metrics" VALUES('loss',2.59245660645891495832e-01,1600000000540,'0e1a4ac0898743698ffc9708b11fabe3',54,0);
INSERT INTO "metrics" VALUES('loss',2.52845095804746455847e-01,1600000000550,'0e1a4ac0898743698ffc9708b11fabe3',55,0);
INSERT INTO "metrics" VALUES('loss',2.46602563941606484076e-01,1600000000560,'0e1a4ac0898743698ffc9708b11fabe3',56,0);
INSERT INTO "metrics" VALUES('loss',2.40514163208342124367e-01,1600000000570,'0e1a4ac0898743698ffc9708b11fabe3',57,0);
INSERT INTO "metrics" VALUES('loss',2.34576088093797652245e-01,1600000000580,'0e1a4ac0898743698ffc9708b11fabe3',58,0);
INSERT INTO "metrics" VALUES('loss',2.28784627045222427321e-01,1600000000590,'0e1a4ac0898743698ffc9708b11fabe3',59,0);
INSERT INTO "metrics" VALUES('loss',2.23136160148429824046e-01,1600000000600,'0e1a4ac0898743698ffc9708b11fabe3',60,0);
INSERT INTO "metrics" VALUES('loss',2.17627156865232901372e-01,1600000000610,'0e1a4ac0898743698ffc9708b11fabe3',61,0);
INSERT INTO "metrics" VALUES('loss',2.12254173826743053332e-01,1600000000620,'0e1a4ac0898743698ffc9708b11fabe3',62,0);
INSERT INTO "metrics" VALUES('loss',2.07013852681152632495e-01,1600000000630,'0e1a4ac0898743698ffc9708b11fabe3',63,0);
INSERT INTO "metrics" VALUES('loss',2.01902917994655373146e-01,1600000000640,'0e1a4ac0898743698ffc9708b11fabe3',64,0);
INSERT INTO "metrics" VALUES('loss',1.96918175204194051408e-01,1600000000650,'0e1a4ac0898743698ffc9708b11fabe3',65,0);
INSERT INTO "metrics" VALUES('loss',1.92056508620754129434e-01,1600000000660,'0e1a4ac0898743698ffc9708b11fabe3',66,0);
INSERT INTO "metrics" VALUES('loss',1.87314879481957019535e-01,1600000000670,'0e1a4ac0898743698ffc9708b11fabe3',67,0);
INSERT INTO "metrics" VALUES('loss',1.82690324052734665016e-01,1600000000680,'0e1a4ac0898743698ffc9708b11fabe3',68,0);
INSERT INTO "metrics" VALUES('loss',1.78179951772898415018e-01,1600000000690,'0e1a4ac0898743698ffc9708b11fabe3',69,0);
INSERT INTO "metrics" VALUES('loss',1.7378094345044514668e-01,1600000000700,'0e1a4ac0898743698ffc9708b11fabe3',70,0);
INSERT INTO "metrics" VALUES('loss',1.69490549499470122274e-01,1600000000710,'0e1a4ac0898743698ffc9708b11fabe3',71,0);
INSERT INTO "metrics" VALUES('loss',1.65306088221586544584e-01,1600000000720,'0e1a4ac0898743698ffc9708b11fabe3',72,0);
INSERT INTO "metrics" VALUES('loss',1.6122494412977675382e-01,1600000000730,'0e1a4ac0898743698ffc9708b11fabe3',73,0);
INSERT INTO "metrics" VALUES('loss',1.57244566313627598397e-01,1600000000740,'0e1a4ac0898743698ffc9708b11fabe3',74,0);
INSERT INTO "metrics" VALUES('loss',1.53362466844928463371e-01,1600000000750,'0e1a4ac0898743698ffc9708b11fabe3',75,0);
INSERT INTO "metrics" VALUES('loss',1.49576219222635059535e-01,1600000000760,'0e1a4ac0898743698ffc9708b11fabe3',76,0);
INSERT INTO "metrics" VALUES('loss',1.45883456856227361475e-01,1600000000770,'0e1a4ac0898743698ffc9708b11fabe3',77,0);
INSERT INTO "metrics" VALUES('loss',1.42281871586513591898e-01,1600000000780,'0e1a4ac0898743698ffc9708b11fabe3',78,0);
INSERT INTO "metrics" VALUES('loss',1.38769212242955242153e-01,1600000000790,'0e1a4ac0898743698ffc9708b11fabe3',79,0);
INSERT INTO "metrics" VALUES('loss',1.35343283236612710318e-01,1600000000800,'0e1a4ac0898743698ffc9708b11fabe3',80,0);
INSERT INTO "metrics" VALUES('loss',1.32001943187830234061e-01,1600000000810,'0e1a4ac0898743698ffc9708b11fabe3',81,0);
INSERT INTO "metrics" VALUES('loss',1.28743103587804247345e-01,1600000000820,'0e1a4ac0898743698ffc9708b11fabe3',82,0);
INSERT INTO "metrics" VALUES('loss',1.25564727493197192398e-01,1600000000830,'0e1a4ac0898743698ffc9708b11fabe3',83,0);
INSERT INTO "metrics" VALUES('loss',1.22464828252981910994e-01,1600000000840,'0e1a4ac0898743698ffc9708b11fabe3',84,0);
INSERT INTO "metrics" VALUES('loss',1.194414682667196137e-01,1600000000850,'0e1a4ac0898743698ffc9708b11fabe3',85,0);
INSERT INTO "metrics" VALUES('loss',1.16492757773496963258e-01,1600000000860,'0e1a4ac0898743698ffc9708b11fabe3',86,0);
INSERT INTO "metrics" VALUES('loss',1.13616853670763767736e-01,1600000000870,'0e1a4ac0898743698ffc9708b11fabe3',87,0);
INSERT INTO "metrics" VALUES('loss',1.10811958362333873306e-01,1600000000880,'0e1a4ac0898743698ffc9708b11fabe3',88,0);
INSERT INTO "metrics" VALUES('loss',1.08076318634829263154e-01,1600000000890,'0e1a4ac0898743698ffc9708b11fabe3',89,0);
INSERT INTO "metrics" VALUES('loss',1.0540822456186432765e-01,1600000000900,'0e1a4ac0898743698ffc9708b11fabe3',90,0);
INSERT INTO "metrics" VALUES('loss',1.02806008435286394542e-01,1600000000910,'0e1a4ac0898743698ffc9708b11fabe3',91,0);
INSERT INTO "metrics" VALUES('loss',1.00268043722803748551e-01,1600000000920,'0e1a4ac0898743698ffc9708b11fabe3',92,0);
INSERT INTO "metrics" VALUES('loss',9.77927440513500501051e-02,1600000000930,'0e1a4ac0898743698ffc9708b11fabe3',93,0);
INSERT INTO "metrics" VALUES('loss',9.53785622155496198848e-02,1600000000940,'0e1a4ac0898743698ffc9708b11fabe3',94,0);
INSERT INTO "metrics" VALUES('loss',9.30239892106634880253e-02,1600000000950,'0e1a4ac0898743698ffc9708b11fabe3',95,0);
INSERT INTO "metrics" VALUES('loss',9.07275532894125102956e-02,1600000000960,'0e1a4ac0898743698ffc9708b11fabe3',96,0);
INSERT INTO "metrics" VALUES('loss',8.84878190420873150801e-02,1600000000970,'0e1a4ac0898743698ffc9708b11fabe3',97,0);
INSERT INTO "metrics" VALUES('loss',0.0863033864993705,1600000000980,'0e1a4ac0898743698ffc9708b11fabe3',98,0);
INSERT INTO "metrics" VALUES('loss',8.41728902573103537898e-02,1600000000990,'0e1a4ac0898743698ffc9708b11fabe3',99,0);
INSERT INTO "metrics" VALUES('loss',0.0820949986238988,1600000001000,'0e1a4ac0898743698ffc9708b11fabe3',100,0);
INSERT INTO "metrics" VALUES('loss',8.00684127867205414075e-02,1600000001010,'0e1a4ac0898743698ffc9708b11fabe3',101,0);
INSERT INTO "metrics" VALUES('loss',7.80918660011531706732e-02,1600000001020,'0e1a4ac0898743698ffc9708b11fabe3',102,0);
INSERT INTO "metrics" VALUES('loss',7.61641227986103314107e-02,1600000001030,'0e1a4ac0898743698ffc9708b11fabe3',103,0);
INSERT INTO "metrics" VALUES('loss',7.42839782143338706044e-02,1600000001040,'0e1a4ac0898743698ffc9708b11fabe3',104,0);
INSERT INTO "metrics" VALUES('loss',7.24502570342514529144e-02,1600000001050,'0e1a4ac0898743698ffc9708b11fabe3',105,0);
INSERT INTO "metrics" VALUES('loss',0.0706618130604296,1600000001060,'0e1a4ac0898743698ffc9708b11fabe3',106,0);
INSERT INTO "metrics" VALUES('loss',6.89175283946625860664e-02,1600000001070,'0e1a4ac0898743698ffc9708b11fabe3',107,0);
INSERT INTO "metrics" VALUES('loss',6.72163127397497617288e-02,1600000001080,'0e1a4ac0898743698ffc9708b11fabe3',108,0);
INSERT INTO "metrics" VALUES('loss',6.55571027180243265375e-02,1600000001090,'0e1a4ac0898743698ffc9708b11fabe3',109,0);
INSERT INTO "metrics" VALUES('loss',6.39388612067075673417e-02,1600000001100,'0e1a4ac0898743698ffc9708b11fabe3',110,0);
INSERT INTO "metrics" VALUES('loss',6.23605766896734303728e-02,1600000001110,'0e1a4ac0898743698ffc9708b11fabe3',111,0);
INSERT INTO "metrics" VALUES('loss',6.08212626252179755503e-02,1600000001120,'0e1a4ac0898743698ffc9708b11fabe3',112,0);
INSERT INTO "metrics" VALUES('loss',5.93199568294387191702e-02,1600000001130,'0e1a4ac0898743698ffc9708b11fabe3',113,0);
INSERT INTO "metrics" VALUES('loss',5.78557208748384579899e-02,1600000001140,'0e1a4ac0898743698ffc9708b11fabe3',114,0);
INSERT INTO "metrics" VALUES('loss',5.64276395037773478846e-02,1600000001150,'0e1a4ac0898743698ffc9708b11fabe3',115,0);
INSERT INTO "metrics" VALUES('loss',5.50348200564072312368e-02,1600000001160,'0e1a4ac0898743698ffc9708b11fabe3',116,0);
INSERT INTO "metrics" VALUES('loss',5.36763919127301383782e-02,1600000001170,'0e1a4ac0898743698ffc9708b11fabe3',117,0);
INSERT INTO "metrics" VALUES('loss',5.23515059484323808103e-02,1600000001180,'0e1a4ac0898743698ffc9708b11fabe3',118,0);
INSERT INTO "metrics" VALUES('loss',0.0510593340041544,1600000001190,'0e1a4ac0898743698ffc9708b11fabe3',119,0);
INSERT INTO "metrics" VALUES('loss',4.97990683678639425857e-02,1600000001200,'0e1a4ac0898743698ffc9708b11fabe3',120,0);
INSERT INTO "metrics" VALUES('loss',4.8569921270009974723e-02,1600000001210,'0e1a4ac0898743698ffc9708b11fabe3',121,0);
INSERT INTO "metrics" VALUES('loss',4.73711243911409257689e-02,1600000001220,'0e1a4ac0898743698ffc9708b11fabe3',122,0);
INSERT INTO "metrics" VALUES('loss',0.0462019283816801,1600000001230,'0e1a4ac0898743698ffc9708b11fabe3',123,0);
INSERT INTO "metrics" VALUES('loss',4.50616023935578036141e-02,1600000001240,'0e1a4ac0898743698ffc9708b11fabe3',124,0);
INSERT INTO "metrics" VALUES('loss',4.39494336234074189917e-02,1600000001250,'0e1a4ac0898743698ffc9708b11fabe3',125,0);
INSERT INTO "metrics" VALUES('loss',4.28647268670401884738e-02,1600000001260,'0e1a4ac0898743698ffc9708b11fabe3',126,0);
INSERT INTO "metrics" VALUES('loss',4.18068040849199143438e-02,1600000001270,'0e1a4ac0898743698ffc9708b11fabe3',127,0);
INSERT INTO "metrics" VALUES('loss',4.07750039783662115988e-02,1600000001280,'0e1a4ac0898743698ffc9708b11fabe3',128,0);
INSERT INTO "metrics" VALUES('loss',3.97686815762213069502e-02,1600000001290,'0e1a4ac0898743698ffc9708b11fabe3',129,0);
INSERT INTO "metrics" VALUES('loss',3.87872078317220078669e-02,1600000001300,'0e1a4ac0898743698ffc9708b11fabe3',130,0);
INSERT INTO "metrics" VALUES('loss',3.78299692293250847119e-02,1600000001310,'0e1a4ac0898743698ffc9708b11fabe3',131,0);
INSERT INTO "metrics" VALUES('loss',3.68963674012400127955e-02,1600000001320,'0e1a4ac0898743698ffc9708b11fabe3',132,0);
INSERT INTO "metrics" VALUES('loss',3.59858187534296547482e-02,1600000001330,'0e1a4ac0898743698ffc9708b11fabe3',133,0);
INSERT INTO "metrics" VALUES('loss',3.50977541008450216741e-02,1600000001340,'0e1a4ac0898743698ffc9708b11fabe3',134,0);
INSERT INTO "metrics" VALUES('loss',3.42316183116660316398e-02,1600000001350,'0e1a4ac0898743698ffc9708b11fabe3',135,0);
INSERT INTO "metrics" VALUES('loss',3.33868699603260821184e-02,1600000001360,'0e1a4ac0898743698ffc9708b11fabe3',136,0);
INSERT INTO "metrics" VALUES('loss',3.25629809891034294189e-02,1600000001370,'0e1a4ac0898743698ffc9708b11fabe3',137,0);
INSERT INTO "metrics" VALUES('loss',3.17594363780679400655e-02,1600000001380,'0e1a4ac0898743698ffc9708b11fabe3',138,0);
INSERT INTO "metrics" VALUES('loss',3.09757338231768826475e-02,1600000001390,'0e1a4ac0898743698ffc9708b11fabe3',139,0);
INSERT INTO "metrics" VALUES('loss',0.0302113834223185,1600000001400,'0e1a4ac0898743698ffc9708b11fabe3',140,0);
INSERT INTO "metrics" VALUES('loss',2.94659073691072893874e-02,1600000001410,'0e1a4ac0898743698ffc9708b11fabe3',141,0);
INSERT INTO "metrics" VALUES('loss',2.87388396542394321253e-02,1600000001420,'0e1a4ac0898743698ffc9708b11fabe3',142,0);
INSERT INTO "metrics" VALUES('loss',2.80297257742218065834e-02,1600000001430,'0e1a4ac0898743698ffc9708b11fabe3',143,0);
INSERT INTO "metrics" VALUES('loss',2.73381224472925600521e-02,1600000001440,'0e1a4ac0898743698ffc9708b11fabe3',144,0);
INSERT INTO "metrics" VALUES('loss',2.66635973363554858173e-02,1600000001450,'0e1a4ac0898743698ffc9708b11fabe3',145,0);
INSERT INTO "metrics" VALUES('loss',2.60057287787553471913e-02,1600000001460,'0e1a4ac0898743698ffc9708b11fabe3',146,0);
INSERT INTO "metrics" VALUES('loss',2.53641055227249445636e-02,1600000001470,'0e1a4ac0898743698ffc9708b11fabe3',147,0);
INSERT INTO "metrics" VALUES('loss',2.47383264703393869476e-02,1600000001480,'0e1a4ac0898743698ffc9708b11fabe3',148,0);
INSERT INTO "metrics" VALUES('loss',2.41280004268168667136e-02,1600000001490,'0e1a4ac0898743698ffc9708b11fabe3',149,0);
INSERT INTO "metrics" VALUES('loss',2.3532745856009108093e-02,1600000001500,'0e1a4ac0898743698ffc9708b11fabe3',150,0);
INSERT INTO "metrics" VALUES('loss',2.29521906419289309364e-02,1600000001510,'0e1a4ac0898743698ffc9708b11fabe3',151,0);
INSERT INTO "metrics" VALUES('loss',0.0223859718561656,1600000001520,'0e1a4ac0898743698ffc9708b11fabe3',152,0);
INSERT INTO "metrics" VALUES('loss',2.1833735531042761796e-02,1600000001530,'0e1a4ac0898743698ffc9708b11fabe3',153,0);
INSERT INTO "metrics" VALUES('loss',2.12951364383771671318e-02,1600000001540,'0e1a4ac0898743698ffc9708b11fabe3',154,0);
INSERT INTO "metrics" VALUES('loss',2.07698378736997438243e-02,1600000001550,'0e1a4ac0898743698ffc9708b11fabe3',155,0);
INSERT INTO "metrics" VALUES('loss',2.02575114458043922804e-02,1600000001560,'0e1a4ac0898743698ffc9708b11fabe3',156,0);
INSERT INTO "metrics" VALUES('loss',1.97578368714927815608e-02,1600000001570,'0e1a4ac0898743698ffc9708b11fabe3',157,0);
INSERT INTO "metrics" VALUES('loss',1.92705017753869202457e-02,1600000001580,'0e1a4ac0898743698ffc9708b11fabe3',158,0);
INSERT INTO "metrics" VALUES('loss',0.0187952014946844,1600000001590,'0e1a4ac0898743698ffc9708b11fabe3',159,0);
INSERT INTO "metrics" VALUES('loss',1.83316388887341773228e-02,1600000001600,'0e1a4ac0898743698ffc9708b11fabe3',160,0);
INSERT INTO "metrics" VALUES('loss',1.78795241533140358836e-02,1600000001610,'0e1a4ac0898743698ffc9708b11fabe3',161,0);
INSERT INTO "metrics" VALUES('loss',1.74385746394935155223e-02,1600000001620,'0e1a4ac0898743698ffc9708b11fabe3',162,0);
INSERT INTO "metrics" VALUES('loss',1.70085146769690664925e-02,1600000001630,'0e1a4ac0898743698ffc9708b11fabe3',163,0);
INSERT INTO "metrics" VALUES('loss',1.65890754017612544746e-02,1600000001640,'0e1a4ac0898743698ffc9708b11fabe3',164,0);
INSERT INTO "metrics" VALUES('loss',1.61799945881658732704e-02,1600000001650,'0e1a4ac0898743698ffc9708b11fabe3',165,0);
INSERT INTO "metrics" VALUES('loss',1.5781016484854484827e-02,1600000001660,'0e1a4ac0898743698ffc9708b11fabe3',166,0);
INSERT INTO "metrics" VALUES('loss',1.53918916550214324862e-02,1600000001670,'0e1a4ac0898743698ffc9708b11fabe3',167,0);
INSERT INTO "metrics" VALUES('loss',1.50123768204777040258e-02,1600000001680,'0e1a4ac0898743698ffc9708b11fabe3',168,0);
INSERT INTO "metrics" VALUES('loss',1.46422347095942224221e-02,1600000001690,'0e1a4ac0898743698ffc9708b11fabe3',169,0);
INSERT INTO "metrics" VALUES('loss',1.42812339089992551555e-02,1600000001700,'0e1a4ac0898743698ffc9708b11fabe3',170,0);
INSERT INTO "metrics" VALUES('loss',1.39291487189376200772e-02,1600000001710,'0e1a4ac0898743698ffc9708b11fabe3',171,0);
INSERT INTO "metrics" VALUES('loss',1.35857590122009340427e-02,1600000001720,'0e1a4ac0898743698ffc9708b11fabe3',172,0);
INSERT INTO "metrics" VALUES('loss',1.3250850096540927811e-02,1600000001730,'0e1a4ac0898743698ffc9708b11fabe3',173,0);
INSERT INTO "metrics" VALUES('loss',1.29242125804798733967e-02,1600000001740,'0e1a4ac0898743698ffc9708b11fabe3',174,0);
INSERT INTO "metrics" VALUES('loss',1.26056422424339984594e-02,1600000001750,'0e1a4ac0898743698ffc9708b11fabe3',175,0);
INSERT INTO "metrics" VALUES('loss',1.22949399030684355244e-02,1600000001760,'0e1a4ac0898743698ffc9708b11fabe3',176,0);
INSERT INTO "metrics" VALUES('loss',1.19919113008036225254e-02,1600000001770,'0e1a4ac0898743698ffc9708b11fabe3',177,0);
INSERT INTO "metrics" VALUES('loss',1.16963669703954425277e-02,1600000001780,'0e1a4ac0898743698ffc9708b11fabe3',178,0);
INSERT INTO "metrics" VALUES('loss',1.14081221245133767466e-02,1600000001790,'0e1a4ac0898743698ffc9708b11fabe3',179,0);
INSERT INTO "metrics" VALUES('loss',1.11269965382423067362e-02,1600000001800,'0e1a4ac0898743698ffc9708b11fabe3',180,0);
INSERT INTO "metrics" VALUES('loss',1.08528144364361516654e-02,1600000001810,'0e1a4ac0898743698ffc9708b11fabe3',181,0);
INSERT INTO "metrics" VALUES('loss',1.05854043838526541698e-02,1600000001820,'0e1a4ac0898743698ffc9708b11fabe3',182,0);
INSERT INTO "metrics" VALUES('loss',1.03245991780007411592e-02,1600000001830,'0e1a4ac0898743698ffc9708b11fabe3',183,0);
INSERT INTO "metrics" VALUES('loss',1.00702357446335859919e-02,1600000001840,'0e1a4ac0898743698ffc9708b11fabe3',184,0);
INSERT INTO "metrics" VALUES('loss',9.82215503582182722364e-03,1600000001850,'0e1a4ac0898743698ffc9708b11fabe3',185,0);
INSERT INTO "metrics" VALUES('loss',9.58020193054350509276e-03,1600000001860,'0e1a4ac0898743698ffc9708b11fabe3',186,0);
INSERT INTO "metrics" VALUES('loss',9.34422513772832641354e-03,1600000001870,'0e1a4ac0898743698ffc9708b11fabe3',187,0);
INSERT INTO "metrics" VALUES('loss',9.11407710169581490589e-03,1600000001880,'0e1a4ac0898743698ffc9708b11fabe3',188,0);
INSERT INTO "metrics" VALUES('loss',8.88961390992825881141e-03,1600000001890,'0e1a4ac0898743698ffc9708b11fabe3',189,0);
INSERT INTO "metrics" VALUES('loss',8.67069520312063399258e-03,1600000001900,'0e1a4ac0898743698ffc9708b11fabe3',190,0);
INSERT INTO "metrics" VALUES('loss',0.00845718408745153,1600000001910,'0e1a4ac0898743698ffc9708b11fabe3',191,0);
INSERT INTO "metrics" VALUES('loss',0.00824894704902003,1600000001920,'0e1a4ac0898743698ffc9708b11fabe3',192,0);
INSERT INTO "metrics" VALUES('loss',8.04585387039515390061e-03,1600000001930,'0e1a4ac0898743698ffc9708b11fabe3',193,0);
INSERT INTO "metrics" VALUES('loss',7.84777754922577272522e-03,1600000001940,'0e1a4ac0898743698ffc9708b11fabe3',194,0);
INSERT INTO "metrics" VALUES('loss',7.65459421885996207923e-03,1600000001950,'0e1a4ac0898743698ffc9708b11fabe3',195,0);
INSERT INTO "metrics" VALUES('loss',7.46618307092433795141e-03,1600000001960,'0e1a4ac0898743698ffc9708b11fabe3',196,0);
INSERT INTO "metrics" VALUES('loss',7.28242627981489157318e-03,1600000001970,'0e1a4ac0898743698ffc9708b11fabe3',197,0);
INSERT INTO "metrics" VALUES('loss',7.10320892905211883489e-03,1600000001980,'0e1a4ac0898743698ffc9708b11fabe3',198,0);
INSERT INTO "metrics" VALUES('loss',6.92841893945453195235e-03,1600000001990,'0e1a4ac0898743698ffc9708b11fabe3',199,0);
INSERT INTO "metrics" VALUES('odd values',0.0,1600000000000,'0e1a4ac0898743698ffc9708b11fabe3',0,1);
INSERT INTO "metrics" VALUES('odd values',1.79769313486231562234e+308,1600000000001,'0e1a4ac0898743698ffc9708b11fabe3',-1,0);
INSERT INTO "metrics" VALUES('odd values',-1.79769313486231562234e+308,1600000000002,'0e1a4ac0898743698ffc9708b11fabe3',-2,0);
INSERT INTO "metrics" VALUES('odd values',1.0e-300,1600000000003,'0e1a4ac0898743698ffc9708b11fabe3',-3,0);
INSERT INTO "metrics" VALUES('odd values',-0.5,1600000000004,'0e1a4ac0898743698ffc9708b11fabe3',-4,0);
INSERT INTO "metrics" VALUES('a/b/c',9.00719925474099199994e+15,1600000000000,'0e1a4ac0898743698ffc9708b11fabe3',1099511627776,0);
INSERT INTO "metrics" VALUES('again',1.0,1600000000000,'0e1a4ac0898743698ffc9708b11fabe3',1,0);
INSERT INTO "metrics" VALUES('again',2.0,1600000000000,'0e1a4ac0898743698ffc9708b11fabe3',1,0);
INSERT INTO "metrics" VALUES('loss',0.5,1600000000008,'bf5aa35d0e4d4ad9a9099a0cf9abddd5',3,0);
INSERT INTO "metrics" VALUES('x',1.0,1600000000012,'955edbbf29314deb9809b708c89a3639',0,0);
CREATE TABLE model_version_tags (
	"key" VARCHAR(250) NOT NULL, 
	value VARCHAR(5000), 
	name VARCHAR(256) NOT NULL, 
	version INTEGER NOT NULL, 
	CONSTRAINT model_version_tag_pk PRIMARY KEY ("key", name, version), 
	FOREIGN KEY(name, version) REFERENCES model_versions (name, version) ON UPDATE cascade
);
CREATE TABLE "model_versions" (
	name VARCHAR(256) NOT NULL, 
	version INTEGER NOT NULL, 
	creation_time BIGINT, 
	last_updated_time BIGINT, 
	description VARCHAR(5000), 
	user_id VARCHAR(256), 
	current_stage VARCHAR(20), 
	source VARCHAR(500), 
	run_id VARCHAR(32), 
	status VARCHAR(20), 
	status_message VARCHAR(500), 
	run_link VARCHAR(500), storage_location VARCHAR(500), 
	CONSTRAINT model_version_pk PRIMARY KEY (name, version), 
	FOREIGN KEY(name) REFERENCES registered_models (name) ON UPDATE CASCADE
);
INSERT INTO "model_versions" VALUES('fraud',1,1795339887755,1795339887755,NULL,NULL,'None','@HERE@/mlruns/1/0e1a4ac0898743698ffc9708b11fabe3/artifacts/model','0e1a4ac0898743698ffc9708b11fabe3','READY',NULL,NULL,'@HERE@/mlruns/1/0e1a4ac0898743698ffc9708b11fabe3/artifacts/model');
CREATE TABLE "params" (
	"key" VARCHAR(250) NOT NULL, 
	value VARCHAR(8000) NOT NULL, 
	run_uuid VARCHAR(32) NOT NULL, 
	CONSTRAINT param_pk PRIMARY KEY ("key", run_uuid), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid)
);
INSERT INTO "params" VALUES('lr','0.1','0e1a4ac0898743698ffc9708b11fabe3');
INSERT INTO "params" VALUES('nested/key','a','0e1a4ac0898743698ffc9708b11fabe3');
INSERT INTO "params" VALUES('layers','[64,
 32]','0e1a4ac0898743698ffc9708b11fabe3');
INSERT INTO "params" VALUES('ünï','cødé','0e1a4ac0898743698ffc9708b11fabe3');
INSERT INTO "params" VALUES('long','xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx','0e1a4ac0898743698ffc9708b11fabe3');
CREATE TABLE registered_model_aliases (
	alias VARCHAR(256) NOT NULL, 
	version INTEGER NOT NULL, 
	name VARCHAR(256) NOT NULL, 
	CONSTRAINT registered_model_alias_pk PRIMARY KEY (name, alias), 
	CONSTRAINT registered_model_alias_name_fkey FOREIGN KEY(name) REFERENCES registered_models (name) ON DELETE cascade ON UPDATE cascade
);
CREATE TABLE registered_model_tags (
	"key" VARCHAR(250) NOT NULL, 
	value VARCHAR(5000), 
	name VARCHAR(256) NOT NULL, 
	CONSTRAINT registered_model_tag_pk PRIMARY KEY ("key", name), 
	FOREIGN KEY(name) REFERENCES registered_models (name) ON UPDATE cascade
);
CREATE TABLE registered_models (
	name VARCHAR(256) NOT NULL, 
	creation_time BIGINT, 
	last_updated_time BIGINT, 
	description VARCHAR(5000), 
	CONSTRAINT registered_model_pk PRIMARY KEY (name), 
	UNIQUE (name)
);
INSERT INTO "registered_models" VALUES('fraud',1795339887686,1795339887755,NULL);
CREATE TABLE "runs" (
	run_uuid VARCHAR(32) NOT NULL, 
	name VARCHAR(250), 
	source_type VARCHAR(20), 
	source_name VARCHAR(500), 
	entry_point_name VARCHAR(50), 
	user_id VARCHAR(256), 
	status VARCHAR(9), 
	start_time BIGINT, 
	end_time BIGINT, 
	source_version VARCHAR(50), 
	lifecycle_stage VARCHAR(20), 
	artifact_uri VARCHAR(200), 
	experiment_id INTEGER, deleted_time BIGINT, 
	CONSTRAINT run_pk PRIMARY KEY (run_uuid), 
	CONSTRAINT runs_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted')), 
	CONSTRAINT source_type CHECK (source_type IN ('NOTEBOOK', 'JOB', 'LOCAL', 'UNKNOWN', 'PROJECT')), 
	FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id), 
	CHECK (status IN ('SCHEDULED', 'FAILED', 'FINISHED', 'RUNNING', 'KILLED'))
);
INSERT INTO "runs" VALUES('0e1a4ac0898743698ffc9708b11fabe3','the first','UNKNOWN','','','ann','FINISHED',1600000000000,1600000060000,'','active','@HERE@/mlruns/1/0e1a4ac0898743698ffc9708b11fabe3/artifacts',1,NULL);
INSERT INTO "runs" VALUES('bf5aa35d0e4d4ad9a9099a0cf9abddd5','child','UNKNOWN','','','unknown','FAILED',1600000000007,1600000000009,'','active','@HERE@/mlruns/1/bf5aa35d0e4d4ad9a9099a0cf9abddd5/artifacts',1,NULL);
INSERT INTO "runs" VALUES('11c3b6f84d384553b8f51cd768a91dc2','able-sponge-993','UNKNOWN','','','unknown','RUNNING',1600000000010,NULL,'','deleted','@HERE@/mlruns/1/11c3b6f84d384553b8f51cd768a91dc2/artifacts',1,1795339887463);
INSERT INTO "runs" VALUES('955edbbf29314deb9809b708c89a3639','casual-cub-304','UNKNOWN','','','unknown','RUNNING',1600000000011,NULL,'','deleted','@HERE@/mlruns/2/955edbbf29314deb9809b708c89a3639/artifacts',2,1795339887573);
INSERT INTO "runs" VALUES('20d68ee5a041440d902b2deed7d3bea7','gaudy-zebra-306','UNKNOWN','','','unknown','RUNNING',1600000000013,NULL,'','active','@HERE@/mlruns/0/20d68ee5a041440d902b2deed7d3bea7/artifacts',0,NULL);
CREATE TABLE "tags" (
	"key" VARCHAR(250) NOT NULL, 
	value VARCHAR(8000), 
	run_uuid VARCHAR(32) NOT NULL, 
	CONSTRAINT tag_pk PRIMARY KEY ("key", run_uuid), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid)
);
INSERT INTO "tags" VALUES('mlflow.user','ann','0e1a4ac0898743698ffc9708b11fabe3');
INSERT INTO "tags" VALUES('mlflow.source.name','träin.py','0e1a4ac0898743698ffc9708b11fabe3');
INSERT INTO "tags" VALUES('mlflow.source.type','LOCAL','0e1a4ac0898743698ffc9708b11fabe3');
INSERT INTO "tags" VALUES('mlflow.runName','the first','0e1a4ac0898743698ffc9708b11fabe3');
INSERT INTO "tags" VALUES('empty','','0e1a4ac0898743698ffc9708b11fabe3');
INSERT INTO "tags" VALUES('nested/tag','two
lines
','0e1a4ac0898743698ffc9708b11fabe3');
INSERT INTO "tags" VALUES('long','yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy','0e1a4ac0898743698ffc9708b11fabe3');
INSERT INTO "tags" VALUES('mlflow.parentRunId','0e1a4ac0898743698ffc9708b11fabe3','bf5aa35d0e4d4ad9a9099a0cf9abddd5');
INSERT INTO "tags" VALUES('mlflow.runName','child','bf5aa35d0e4d4ad9a9099a0cf9abddd5');
INSERT INTO "tags" VALUES('why','deleted alone','11c3b6f84d384553b8f51cd768a91dc2');
INSERT INTO "tags" VALUES('mlflow.runName','able-sponge-993','11c3b6f84d384553b8f51cd768a91dc2');
INSERT INTO "tags" VALUES('mlflow.runName','casual-cub-304','955edbbf29314deb9809b708c89a3639');
INSERT INTO "tags" VALUES('mlflow.runName','gaudy-zebra-306','20d68ee5a041440d902b2deed7d3bea7');
CREATE TABLE trace_info (
	request_id VARCHAR(50) NOT NULL, 
	experiment_id INTEGER NOT NULL, 
	timestamp_ms BIGINT NOT NULL, 
	execution_time_ms BIGINT, 
	status VARCHAR(50) NOT NULL, 
	CONSTRAINT trace_info_pk PRIMARY KEY (request_id), 
	CONSTRAINT fk_trace_info_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id)
);
CREATE TABLE "trace_request_metadata" (
	"key" VARCHAR(250) NOT NULL, 
	value VARCHAR(8000), 
	request_id VARCHAR(50) NOT NULL, 
	CONSTRAINT trace_request_metadata_pk PRIMARY KEY ("key", request_id), 
	CONSTRAINT fk_trace_request_metadata_request_id FOREIGN KEY(request_id) REFERENCES trace_info (request_id) ON DELETE CASCADE
);
CREATE TABLE "trace_tags" (
	"key" VARCHAR(250) NOT NULL, 
	value VARCHAR(8000), 
	request_id VARCHAR(50) NOT NULL, 
	CONSTRAINT trace_tag_pk PRIMARY KEY ("key", request_id), 
	CONSTRAINT fk_trace_tags_request_id FOREIGN KEY(request_id) REFERENCES trace_info (request_id) ON DELETE CASCADE
);
CREATE INDEX index_metrics_run_uuid ON metrics (run_uuid);
CREATE INDEX index_latest_metrics_run_uuid ON latest_metrics (run_uuid);
CREATE INDEX index_inputs_input_uuid ON inputs (input_uuid);
CREATE INDEX index_inputs_destination_type_destination_id_source_type ON inputs (destination_type, destination_id, source_type);
CREATE INDEX index_params_run_uuid ON params (run_uuid);
CREATE INDEX index_trace_info_experiment_id_timestamp_ms ON trace_info (experiment_id, timestamp_ms);
CREATE INDEX index_trace_tags_request_id ON trace_tags (request_id);
CREATE INDEX index_trace_request_metadata_request_id ON trace_request_metadata (request_id);
CREATE INDEX index_tags_run_uuid ON tags (run_uuid);
CREATE INDEX index_datasets_dataset_uuid ON datasets (dataset_uuid);
CREATE INDEX index_datasets_experiment_id_dataset_source_type ON datasets (experiment_id, dataset_source_type);
COMMIT;
