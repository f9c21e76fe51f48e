import { createHash } from 'node:crypto'
import { startDataWorld } from './data-world.ts'
const world = await startDataWorld({SQLITE_SYNCHRONOUS: process.env.SY ?? "full"})
const user = world.signIn()
const line=JSON.stringify({id:1,name:'Some Name, Inc',x:1.25,y:'abc def ghi',n:null})+'\n'
{ const b=Buffer.from(line.repeat(Math.ceil(400e6/line.length))); await world.put(user.principal.account,'big.ndjson',b); let t=performance.now(); const h=createHash('sha256'); for(let i=0;i<b.length;i+=131072)h.update(b.subarray(i,i+131072)); console.log('hash MB/s',(400/(performance.now()-t)*1000).toFixed(0)) }
import {execSync} from 'node:child_process'
{let t=performance.now(); execSync(`cp ${world.localPath(user.principal.account,'big.ndjson')} /tmp/zzcopy`); console.log('cp MB/s',(400/(performance.now()-t)*1000).toFixed(0)); execSync('rm /tmp/zzcopy')}
for (let i=0;i<3;i++){
 const f=world.factsFor(user,['big']); 
 const t=performance.now(); await world.confirm(f); await world.host.broker.waitFor('export.finished',f.order_id)
 console.log('pass-through MB/s',(400/(performance.now()-t)*1000).toFixed(0))
}
await world.stop()
