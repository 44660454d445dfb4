<?php
// SabreDAV with Digest over the folder TREE, for `php -S`: the nearest to BigCommerce's own server.

spl_autoload_register(function (string $class): void {
    $file = '/usr/share/php/' . str_replace('\\', '/', $class) . '.php';
    if (is_file($file)) {
        require $file;
    }
});
error_reporting(E_ALL & ~E_DEPRECATED & ~E_USER_DEPRECATED);
ini_set('display_errors', '0');

class OneUser extends Sabre\DAV\Auth\Backend\AbstractDigest
{
    public function getDigestHash($realm, $username)
    {
        return $username === getenv('DAV_USER') ? md5("$username:$realm:" . getenv('DAV_PASSWORD')) : null;
    }
}

$log = getenv('DAV_LOG');
file_put_contents($log, $_SERVER['REQUEST_METHOD'] . ' ' . $_SERVER['REQUEST_URI'] . "\n", FILE_APPEND | LOCK_EX);
$kind = getenv('DAV_ETAGS') ? 'Sabre\DAV\FSExt\Directory' : 'Sabre\DAV\FS\Directory';
$server = new Sabre\DAV\Server(new $kind(getenv('TREE')));
$server->setBaseUri('/dav/');
$server->addPlugin(new Sabre\DAV\Auth\Plugin(new OneUser(), 'store'));
$server->exec();
