// What somebody writes with the client that openapi-typescript makes of the description: it has to compile, and to run.
import createClient from 'openapi-fetch';
import type { paths } from './schema.js';

const client = createClient<paths>({ baseUrl: process.argv[2] });
const query = { q: 'sushi', limit: 5, facets: true };
const { data: list, error } = await client.GET('/v1/businesses', { params: { query } });
if (error) throw new Error(error.detail);
const first = list.businesses[0];
const { data: business } = await client.GET('/v1/businesses/{id}', { params: { path: { id: first.id } } });
const { data: regions } = await client.GET('/v1/regions');
const nowhere = { params: { path: { key: 'nonsense' } } };
const { error: refused, response } = await client.GET('/v1/regions/{key}/cities', nowhere);
const some = (regions?.regions.length ?? 0) > 0;
console.log([first.name, business?.name, business?.address.country, some, response.status, refused?.title].join('|'));
