# Which modules each program is linked with. A program that must not do a thing is not linked with
# the code for it; tools/check-links proves it on the result.
PROGRAMS := holdfast holdfastd holdfast-web holdfast-parse holdfast-fetch holdfast-worker holdfast-keeper holdfast-heal holdfast-contact holdfast-monitor holdfast-notify

PROGRAM_holdfast := base language config process hours db db/cluster db/dump db/migrate sql/migrate sql/migrations directory/record directory/taxonomy directory/words directory/iso directory/names directory/slug directory/import directory/generate sql/import sql/maintain directory/towns pipeline/wire pipeline/stages pipeline sql/pipeline monitor sql/monitor template web/files site/locale site/facts site/links site/look site/gate site/markdown site/shop site/pictures site/search site/export sql/export audit/report audit/reader audit/site audit/probe sql/audit audit/sql audit/api observe observe/server observe/pooler sql/observe heal/judge heal/permit heal/ledger heal/incident heal/watch heal/screen sql/backup sql/contact_operator commands
PROGRAM_holdfastd := base config process cache/store db/cluster
PROGRAM_holdfast-web := base language config process hours db db/async http/parse http cache/store cache directory/cached directory/words directory/taxonomy directory/towns directory/names directory/iso directory/record directory/slug template directory/search directory/stats monitor site/locale site/facts site/links site/look directory/pages sql/directory sql/stats sql/monitor sql/profiles web web/files sql/web
PROGRAM_holdfast-parse := base language config process hours directory/record directory/taxonomy directory/words directory/iso directory/borders directory/towns directory/encoding directory/parse site/facts audit/serve audit/page audit/statement audit/openapi
PROGRAM_holdfast-fetch := base config process pipeline/wire fetch/guard fetch/read fetch
PROGRAM_holdfast-worker := base language config process db directory/record directory/taxonomy directory/towns directory/slug directory/import pipeline/wire pipeline/stages pipeline sql/import sql/pipeline
PROGRAM_holdfast-keeper := base config process keeper/message keeper keeper/keyfile keeper/tool
PROGRAM_holdfast-heal := base config process db observe observe/server observe/pooler sql/observe heal/judge heal/permit heal/ledger heal/incident heal/act sql/heal heal/watch heal/screen
PROGRAM_holdfast-contact := base language config process db db/async http/parse http template directory/words directory/iso directory/taxonomy keeper/message contact/intake site/links site/look contact sql/contact sql/profile web/contact
PROGRAM_holdfast-monitor := base config process db monitor sql/monitor
PROGRAM_holdfast-notify := base config process notify
